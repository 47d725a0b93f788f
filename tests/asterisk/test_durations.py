"""Joined durations around the boundaries of three tariffs, on the real Asterisk, to the cent: thirty with the long form's.

The truth is Asterisk's event record, read by the lab's own reader; the price is the second model's, which imports
nothing of the product. Quote, timer, status, receipt, admin and ledger must all say the same.
"""

import pytest

from core.money import format_money
from tests.asterisk.long_calls import TARIFFS, Came, Evening, Wish, wishes
from tests.full_stack.call_accounts import CallAccounts
from tests.model import rules

pytestmark = [pytest.mark.asterisk, pytest.mark.slow, pytest.mark.xdist_group("one minute")]

BALANCE = 4500
LONG_ENOUGH = 1200  # seconds: more than anybody here can pay for


LONG = [pytest.mark.long, pytest.mark.timeout(900)]


@pytest.fixture(
    params=[pytest.param(wish, marks=LONG if wish.is_long else [], id=str(wish)) for wish in wishes()]
)
def wish(request: pytest.FixtureRequest) -> Wish:
    return request.param


@pytest.fixture
def came(request: pytest.FixtureRequest, postgres: None, wish: Wish) -> Came:
    """What came of this call. `postgres` is asked for here, as what is asked for by name alone starts no server."""
    evening: Evening = request.getfixturevalue("two_minutes" if wish.is_long else "one_minute")
    came = evening.wished[wish]
    assert not came.failure, came.failure
    return came


@pytest.fixture
def accounts(came: Came) -> CallAccounts:
    assert came.accounts is not None
    return came.accounts


@pytest.fixture
def bill(came: Came, accounts: CallAccounts, wish: Wish) -> rules.Outcome:
    """What this call comes to by the record and the second model; the charged seconds follow the record."""
    first, following = map(int, TARIFFS[wish.tariff])
    assert accounts.terms == rules.Terms(
        rate=399, fee=99, first=first, following=following, share=wish.share_bps
    )
    assert sum(package.seconds for package in accounts.packages) == 60 * wish.free_minutes
    assert accounts.joined_ms is not None
    microseconds = microseconds_of(came)
    assert abs(accounts.joined_ms * 1000 - microseconds) <= 2000, "the record and the events are one clock"
    bill = accounts.by_the_rules(microseconds // 1000)
    if abs(microseconds - round(microseconds, -6)) <= 2000:
        # Within 2 ms of a whole second the record and the event may fall on its two sides.
        bill = accounts.by_the_rules(accounts.joined_ms)
    return bill


def microseconds_of(came: Came) -> int:
    assert came.talk is not None
    assert came.talk.microseconds is not None
    return came.talk.microseconds


def test_the_call_lasted_about_as_wished(came: Came, wish: Wish) -> None:
    assert -0.1 <= microseconds_of(came) / 1e6 - wish.seconds < 2


def test_the_charge_follows_the_record_to_the_cent(accounts: CallAccounts, bill: rules.Outcome) -> None:
    assert (accounts.charged_seconds, accounts.billable_seconds, accounts.free_used_seconds) == (
        bill.charged,
        bill.billable,
        bill.free,
    )
    assert (accounts.charged, accounts.operator, accounts.platform, accounts.promo) == (
        bill.cost,
        bill.operator,
        bill.platform,
        bill.promo,
    )


def test_the_ledger_says_the_same(accounts: CallAccounts, bill: rules.Outcome) -> None:
    expected = {
        "connect_fee": (bill.fee, bill.operator_fee, bill.fee - bill.operator_fee),
        "call": (bill.talk, bill.operator_talk, bill.talk - bill.operator_talk),
    }
    if not bill.talk:
        del expected["call"]  # nothing to move
    assert {kind: accounts.ledger[kind] for kind in accounts.ledger if kind != "promo"} == expected
    assert accounts.ledger.get("promo", (0, 0, 0))[1] == bill.promo
    assert BALANCE - accounts.balance == bill.cost
    assert accounts.operator_balance == bill.operator
    assert (accounts.held, accounts.reserved_seconds, accounts.operator_in_call) == (0, 0, False)


def test_status_and_page_say_the_same(came: Came, bill: rules.Outcome) -> None:
    assert came.status["charged"] == came.status["estimated_charges"] == bill.cost / 100
    assert came.status["total_amount"] == bill.talk / 100
    assert came.status["duration_seconds"] == came.page["duration_seconds"] == bill.charged
    assert came.page["charged_minor"] == bill.cost
    assert came.page["summary"] == {
        "duration_seconds": bill.charged,
        "billable_seconds": bill.billable,
        "free_seconds_used": bill.free,
        "paid_seconds": bill.billable - bill.free,
        "talk_minor": bill.talk,
        "connect_fee_minor": bill.fee,
        "is_fee_covered": False,
        "others": [],
        "total_minor": bill.cost,
        "paid_minor": bill.cost,
        "given_back_minor": 0,
        "uncollected_minor": 0,
    }


def test_receipt_and_admin_say_the_same(came: Came, bill: rules.Outcome) -> None:
    assert format_money(bill.cost) in came.receipt
    assert format_money(bill.fee) in came.receipt
    assert f">{format_money(bill.cost)}<" in came.admin
    assert f">{bill.charged}<" in came.admin


def test_the_quote_was_the_rule(came: Came, accounts: CallAccounts, wish: Wish) -> None:
    free = 60 * wish.free_minutes
    seconds = rules.affordable(accounts.terms, BALANCE, free, LONG_ENOUGH)
    assert came.quote["estimated_duration"]["total_minutes"] == seconds // 60
    assert came.quote["required_balance"] == rules.cost(accounts.terms, accounts.terms.first, free) / 100
    assert (came.quote["operator_rate"], came.quote["connect_fee"]) == (3.99, 0.99)


def test_the_timer_showed_the_cost_of_its_second(came: Came, accounts: CallAccounts, wish: Wish) -> None:
    assert len(came.live) == (2 if wish.seconds > 20 else 0)
    for shown in came.live:
        snapshot = shown.get("call", shown)
        minor = snapshot.get("estimated_minor", round(snapshot.get("estimated_charges", 0) * 100))
        assert minor == accounts.by_the_rules(snapshot["duration_seconds"] * 1000).cost


def test_both_sides_of_every_boundary_were_met(one_minute: Evening) -> None:
    """Some calls ended within a second before a boundary and some within a second after it, for every tariff."""
    for tariff, (first, following) in TARIFFS.items():
        past = [
            (microseconds_of(came) / 1e6 - int(first)) % int(following)
            for wish, came in one_minute.wished.items()
            if wish.tariff == tariff and wish.seconds > 20 and not came.failure
        ]
        assert any(rest < 1 for rest in past), tariff
        assert any(rest > int(following) - 1.1 for rest in past), tariff
