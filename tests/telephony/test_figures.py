"""One figure everywhere: quote, timer, status, socket, receipt, admin and ledger, against the model of the rules.

The model (`tests.model.rules`) imports nothing of the product.
"""

import itertools
import re
from typing import Any

import pytest
from django.test import Client

from billing.selectors import receipt_of
from core.money import format_money
from telephony.models import Call
from telephony.snapshots import customer_snapshot, operator_snapshot
from tests.factories import StaffFactory
from tests.model import rules
from tests.scenario import (
    JOINS_AT,
    api,
    assert_has,
    customer_client,
    earned,
    given_customer,
    given_operator,
    its_time,
    ledger_of,
    logged_in,
    tell,
    the_authorization,
    the_call,
    wallet,
    when_called,
    when_talked,
)

pytestmark = pytest.mark.django_db

# Milliseconds: thirty, around every boundary that a second, a minute or an increment has.
DURATIONS = [
    1, 400, 999, 1_000, 1_999, 5_999, 6_000, 6_001, 29_990, 30_000, 31_000, 59_000, 59_990, 60_000, 60_010, 60_990,
    61_000, 65_999, 66_000, 67_000, 119_000, 119_990, 120_000, 120_010, 121_000, 126_000, 127_400, 179_999, 181_000, 600_500,
]  # fmt: skip
SHARES = [7500, 8000, 8500]
TARIFFS = [(60, 60), (60, 6), (30, 10)]
FREE_MINUTES = [0, 1]

ALL = list(itertools.product(DURATIONS, SHARES, TARIFFS, FREE_MINUTES))
# One combination for each duration and a second one for every other, walking through all of them.
SOME = [ALL[18 * n + (7 * n) % 18] for n in range(30)] + [
    ALL[18 * n + (5 * n + 9) % 18] for n in range(0, 30, 2)
]


def terms_of(share: int, tariff: tuple[int, int]) -> rules.Terms:
    return rules.Terms(rate=399, fee=99, first=tariff[0], following=tariff[1], share=share)


def apply(settings: Any, terms: rules.Terms) -> None:
    settings.BILLING = {
        **settings.BILLING,
        "FIRST_INCREMENT_SECONDS": terms.first,
        "NEXT_INCREMENT_SECONDS": terms.following,
        "MAX_CALL_SECONDS": 1800,  # the model tries every length there is
    }


def assert_everything_agrees(
    settings: Any,
    staff: Client,
    joined_ms: int,
    share: int,
    tariff: tuple[int, int],
    free_minutes: int,
) -> None:
    """Plays one call and asks everybody."""
    terms = terms_of(share, tariff)
    apply(settings, terms)
    customer = given_customer(balance="60.00", free_minutes=free_minutes)
    operator = given_operator(share_bps=share)
    call = when_called(customer, operator)
    packages = [rules.Package(free_minutes * 60)] if free_minutes else []

    tell(call, "started", at=JOINS_AT)
    assert_the_running_call_agrees(call, terms, packages, joined_ms)
    ended = when_talked(call, joined_ms)

    expected = rules.outcome(terms, joined_ms, the_authorization(call).granted_seconds, packages)
    assert expected.charged == max(1, joined_ms // 1000)  # the grants kept up with the talk
    assert wallet(customer) == (6000 - expected.cost, 0)
    assert earned(operator) == expected.operator
    assert ledger_of(call) == ledger_of_rules(expected)
    assert receipt_of(call.call_id).charged_minor == expected.cost
    assert_has(ended.json, breakdown(expected))
    status = api(customer).get("/api/calls/status/", {"call_id": call.call_id}).json()
    assert_has(
        status,
        {
            "duration_seconds": expected.charged,
            "estimated_charges": expected.cost / 100,
            "charged": expected.cost / 100,
            "total_amount": expected.talk / 100,
        },
    )
    [in_history] = api(customer).get("/api/calls/").json()["calls"]
    assert in_history == {name: value for name, value in status.items() if name != "success"}
    over = customer_snapshot(the_call(call))
    assert (over["charged_minor"], over["estimated_minor"]) == (expected.cost, expected.cost)
    assert over["summary"]["total_minor"] == expected.cost
    assert over["summary"]["duration_seconds"] == expected.charged
    assert operator_snapshot(the_call(call))["earned_minor"] == expected.operator
    assert_pages_agree(customer_client(customer), staff, call, expected)


def assert_the_running_call_agrees(
    call: Call, terms: rules.Terms, packages: list[rules.Package], joined_ms: int
) -> None:
    """What timer and cost show at this very moment, as far as the first grant reaches."""
    now = rules.outcome(terms, joined_ms, the_authorization(call).granted_seconds, packages)
    with its_time(call, JOINS_AT + joined_ms / 1000):
        running = customer_snapshot(the_call(call))
        status = api(call.customer).get("/api/calls/status/", {"call_id": call.call_id}).json()
        earning = operator_snapshot(the_call(call))
    assert (running["duration_seconds"], running["estimated_minor"]) == (now.charged, now.cost)
    assert (status["duration_seconds"], status["estimated_charges"]) == (now.charged, now.cost / 100)
    assert status["charged"] is None
    assert earning["earned_minor"] == now.operator
    assert the_authorization(call).held_minor >= now.cost


def ledger_of_rules(expected: rules.Outcome) -> dict[str, tuple[int, int, int]]:
    fee, talk = expected.fee, expected.talk
    rows = {
        "connect_fee": (fee, expected.operator_fee, fee - expected.operator_fee),
        "call": (talk, expected.operator_talk, talk - expected.operator_talk),
        "promo": (expected.promo, expected.promo, 0),
    }
    return {kind: row for kind, row in rows.items() if row[0]}


def breakdown(expected: rules.Outcome) -> dict[str, Any]:
    """The seed's, in its units."""
    return {
        "duration_seconds": expected.charged,
        "total_minutes": pytest.approx(expected.billable / 60, abs=0.005),
        "free_minutes_used": pytest.approx(expected.free / 60, abs=0.005),
        "paid_minutes": pytest.approx((expected.billable - expected.free) / 60, abs=0.005),
        "total_amount": expected.talk / 100,
        "operator_amount": expected.operator_talk / 100,
        "platform_amount": (expected.talk - expected.operator_talk) / 100,
        "connect_fee": expected.fee / 100,
        "charged": expected.cost / 100,
    }


def assert_pages_agree(customer: Client, staff: Client, call: Call, expected: rules.Outcome) -> None:
    receipt = customer.get(f"/calls/{call.call_id}/").content.decode()
    shown = dict(re.findall(r'data-part="([a-z-]+)"[^>]*>\s*([^<]*?)\s*<', receipt))
    assert (shown["sum-total"], shown["sum-talk"], shown["sum-fee"]) == (
        format_money(expected.cost), format_money(expected.talk), format_money(expected.fee),
    )  # fmt: skip
    assert shown["sum-duration"] == f"{expected.charged // 60:02d}:{expected.charged % 60:02d}"
    page = staff.get(f"/telephony/call/{call.pk}/change/")
    assert page.status_code == 200
    text = re.sub(r"<[^>]+>|\s+", " ", page.content.decode())
    assert re.search(rf"[Cc]harged:?\s+{re.escape(format_money(expected.cost))} ", text), text
    assert re.search(rf"[Ss]econds charged:?\s+{expected.charged} ", text), text


@pytest.fixture
def staff() -> Client:
    return logged_in(StaffFactory(), "admin.localhost")


@pytest.mark.parametrize(("joined_ms", "share", "tariff", "free_minutes"), SOME)
def test_every_figure_of_a_call_is_the_same_and_follows_the_rules(
    settings: Any, staff: Client, joined_ms: int, share: int, tariff: tuple[int, int], free_minutes: int
) -> None:
    assert_everything_agrees(settings, staff, joined_ms, share, tariff, free_minutes)


@pytest.mark.long
@pytest.mark.slow
@pytest.mark.parametrize("joined_ms", DURATIONS)
def test_the_same_for_every_tariff_and_free_minutes_with_the_shares_in_turn(
    settings: Any, staff: Client, joined_ms: int
) -> None:
    """The share splits what is charged and touches nothing else, so each duration meets two of each."""
    first = DURATIONS.index(joined_ms)
    for turn, (tariff, free_minutes) in enumerate(itertools.product(TARIFFS, FREE_MINUTES), first):
        assert_everything_agrees(settings, staff, joined_ms, SHARES[turn % 3], tariff, free_minutes)


@pytest.mark.parametrize("tariff", TARIFFS)
@pytest.mark.parametrize("free_minutes", [0, 10])
@pytest.mark.parametrize("balance", ["4.98", "8.96", "45.00"])
def test_the_quote_is_what_the_call_can_last_and_not_a_second_more(
    settings: Any, balance: str, free_minutes: int, tariff: tuple[int, int]
) -> None:
    terms = terms_of(8000, tariff)
    apply(settings, terms)
    customer, operator = given_customer(balance=balance, free_minutes=free_minutes), given_operator()
    cents, free = round(float(balance) * 100), free_minutes * 60
    quoted = api(customer).get("/api/balance/check/", {"operator_id": operator.pk}).json()
    longest = rules.affordable(terms, cents, free, settings.BILLING["MAX_CALL_SECONDS"])
    assert quoted["estimated_duration"]["total_minutes"] == longest // 60

    call = when_called(customer, operator)
    tell(call, "started", at=0)
    granted, final, elapsed = 0, False, 0
    while not final:
        answer = tell(call, "progress", at=elapsed, elapsed_ms=str(elapsed * 1000))
        granted, final = answer["granted_seconds"], answer["final"]
        elapsed = max(granted - 90, elapsed + 1)
    assert granted == longest
    tell(call, "ended", at=granted + 5, joined_ms=str((granted + 5) * 1000))
    packages = [rules.Package(free)] if free else []
    charged = rules.outcome(terms, (granted + 5) * 1000, longest, packages).cost
    assert wallet(customer) == (cents - charged, 0)
