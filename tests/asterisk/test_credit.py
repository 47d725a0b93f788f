"""Prepaid credit on the real Asterisk while processes die: hang-up at the paid-for second, the right charge, once."""

import pytest

from telephony.states import Leg
from tests.asterisk.long_calls import (
    DISTURBANCES,
    PAID_SECONDS,
    PEACEFUL,
    RTP_TIMEOUT,
    WARN_AT,
    Came,
    Evening,
)
from tests.full_stack.call_accounts import CallAccounts
from tests.full_stack.transcript import Moment
from tests.lab.audio import PHONE_TONES, WARNING

pytestmark = [pytest.mark.asterisk, pytest.mark.slow, pytest.mark.xdist_group("one minute")]

PRICE = 498
# How late the BYE may be at either phone, seconds (docs/design.md section 4).
LATEST = {"in peace": 1, "web killed": 1, "adapter killed": 5, "both killed": 5}
MEANWHILE = [f"{name}, hung up meanwhile" for name in DISTURBANCES]


def come(evening: Evening, name: str) -> tuple[Came, CallAccounts]:
    came = evening.others[name]
    assert not came.failure, came.failure
    assert came.accounts is not None
    return came, came.accounts


@pytest.mark.parametrize("name", LATEST)
def test_both_phones_hear_goodbye_at_the_paid_for_second(one_minute: Evening, name: str) -> None:
    came, _ = come(one_minute, name)
    for leg in Leg:
        assert came.end_reasons[leg].startswith("remote_bye")
        late = came.ended_at[leg] - came.joined_at - PAID_SECONDS
        assert 0 <= late <= LATEST[name], f"{leg}: {late:.3f} s"


@pytest.mark.parametrize("name", LATEST)
def test_the_balance_is_used_up_and_no_more(one_minute: Evening, name: str) -> None:
    came, accounts = come(one_minute, name)
    assert (accounts.charged, accounts.posted, accounts.balance, accounts.held) == (PRICE, PRICE, 0, 0)
    assert (accounts.charged_seconds, accounts.granted_seconds) == (PAID_SECONDS, PAID_SECONDS)
    assert accounts.operator_balance == accounts.posted_operator == 79 + 319
    assert sorted(accounts.ledger) == ["call", "connect_fee"]
    assert came.events.count("ended") == 1
    assert accounts.end_reason in ("credit_exhausted", "safety_limit")
    assert accounts.ended_by == "platform"
    assert not accounts.needs_review
    assert came.page["charged_minor"] == PRICE


@pytest.mark.parametrize("name", ["in peace", "web killed"])
def test_the_warnings_are_heard_by_the_customer_over_the_talk(one_minute: Evening, name: str) -> None:
    came, _ = come(one_minute, name)
    operators_tone = common_tone(came, Leg.CUSTOMER)
    for left in WARN_AT:
        span = [m for m in came.heard[Leg.CUSTOMER] if -1 <= m.at - (PAID_SECONDS - left) <= 4]
        assert any({WARNING, operators_tone} <= set(m.heard.tones) for m in span), left
    warned = [m.at for m in clear(came.heard[Leg.CUSTOMER]) if WARNING in m.heard.tones]
    began = [PAID_SECONDS - left for left in WARN_AT]
    assert all(any(-1 <= at - at_first <= 4 for at_first in began) for at in warned), warned


@pytest.mark.parametrize("name", LATEST)
def test_the_operator_hears_no_warning_and_no_gap(one_minute: Evening, name: str) -> None:
    came, _ = come(one_minute, name)
    customers_tone = common_tone(came, Leg.OPERATOR)
    moments = clear(came.heard[Leg.OPERATOR])
    assert len(moments) > 0.8 * PAID_SECONDS
    assert not [m for m in moments if WARNING in m.heard.tones]
    warnings = [(PAID_SECONDS - left - 1, PAID_SECONDS - left + 4) for left in WARN_AT]
    for begin, end in ((1, PAID_SECONDS), *warnings):
        talk = [customers_tone in m.heard.tones for m in moments if begin <= m.at < end]
        assert sum(talk) > 0.8 * len(talk), (begin, end)


def clear(moments: list[Moment]) -> list[Moment]:
    """Those in which half of the packets or more arrived: a tone can be told from its neighbours only there.

    Phones of the lab share a busy machine and stutter by themselves.
    """
    return [moment for moment in moments if moment.heard.packets >= 10]


def common_tone(came: Came, leg: Leg) -> int:
    """The tone that this phone heard all the time: the other's voice."""
    tones = [m.heard.frequency for m in came.heard[leg]]
    found = max((tone for tone in PHONE_TONES), key=tones.count)
    assert tones.count(found) > 0.8 * PAID_SECONDS
    return found


@pytest.mark.parametrize("name", MEANWHILE)
def test_who_hangs_up_while_processes_are_dead_takes_the_other_along(one_minute: Evening, name: str) -> None:
    came, accounts = come(one_minute, name)
    assert came.end_reasons == {Leg.CUSTOMER: "local_bye", Leg.OPERATOR: came.end_reasons[Leg.OPERATOR]}
    assert came.end_reasons[Leg.OPERATOR].startswith("remote_bye")
    assert came.ended_at[Leg.OPERATOR] - came.ended_at[Leg.CUSTOMER] < 1
    assert (accounts.status, accounts.end_reason, accounts.ended_by) == ("ended", "hangup", "customer")


@pytest.mark.parametrize("name", [*MEANWHILE, *PEACEFUL])
def test_the_charge_is_that_of_the_record(one_minute: Evening, name: str) -> None:
    came, accounts = come(one_minute, name)
    assert came.talk is not None
    assert came.talk.microseconds is not None
    silent_ms = RTP_TIMEOUT * 1000 if name == "silent" else 0
    assert accounts.joined_ms == pytest.approx(came.talk.microseconds / 1000 - silent_ms, abs=2)
    bill = accounts.by_the_rules(accounts.joined_ms)
    assert (accounts.charged, accounts.posted, accounts.operator_balance) == (
        bill.cost,
        bill.cost,
        bill.operator,
    )
    assert (accounts.held, accounts.operator_in_call) == (0, False)
    assert came.events.count("ended") == 1


def test_money_in_mid_call_extends_it_at_once(one_minute: Evening) -> None:
    came, accounts = come(one_minute, "credited")
    assert came.notes["before"] == (PAID_SECONDS, True)
    assert came.notes["after"][0] >= 120
    assert accounts.charged_seconds > PAID_SECONDS
    assert accounts.end_reason == "hangup"


def test_a_debit_in_mid_call_shortens_the_next_grant_only(one_minute: Evening) -> None:
    came, _ = come(one_minute, "debited")
    assert came.notes["before"] == (120, False), "what was given stays given"
    assert came.notes["after"] == (180, True), "and the next is what is left"


def test_a_phone_that_falls_silent_ends_the_call(one_minute: Evening) -> None:
    came, accounts = come(one_minute, "silent")
    assert (accounts.end_reason, accounts.ended_by) == ("media_lost", "network")
    assert came.talk is not None
    assert came.talk.left_at is not None
    silence = came.talk.left_at.timestamp() - came.notes["spoke_at"]
    assert RTP_TIMEOUT - 1 <= silence <= RTP_TIMEOUT + 3, "Asterisk counts whole seconds of its clock"
    assert accounts.joined_ms is not None
    talked = came.notes["spoke_at"] - came.talk.joined_at.timestamp()
    assert accounts.joined_ms / 1000 == pytest.approx(talked, abs=3), "the silence is no talk"


def test_nothing_is_left_held(one_minute: Evening) -> None:
    assert one_minute.left_over == {}
