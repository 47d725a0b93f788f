"""Limits per day, week, and month, in money and minutes: what they leave, what they refuse, and that none is passed."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection, connections
from django.test.utils import CaptureQueriesContext
from hypothesis import given, settings
from hypothesis import strategies as st

from billing import selectors
from billing.budget import read_budget
from billing.services.charge_message import charge_message
from billing.services.refund import refund_reference
from billing.services.tip import tip
from billing.spending_limit import spent_this_month_minor
from core import clock, days
from core.errors import DomainError, Invalid, LimitReached
from customers.limit_days import calendar_period, limit_period
from customers.models import Customer
from customers.services.limits import set_limit
from customers.services.profile import move
from customers.states import LimitMeasure, LimitPeriod
from telephony.models import Call
from tests.factories import BrandFactory
from tests.scenario import (
    customer_client,
    given_customer,
    given_limit,
    given_operator,
    tell,
    the_authorization,
    wallet,
    when_called,
    when_talked,
)
from tests.support.database_owner import as_owner, recount_quarter_hours

pytestmark = pytest.mark.django_db(transaction=True)
WEEK, MONEY, MINUTES = LimitPeriod.WEEK, LimitMeasure.MONEY, LimitMeasure.MINUTES


def talked(customer: Customer, milliseconds: int) -> Call:
    call = when_called(customer, given_operator(rate="2.00", fee="1.00"))
    when_talked(call, milliseconds)
    return call


def was_earlier(call: Call, at: datetime) -> None:
    """Put a call and its charges at another time."""
    with as_owner() as cursor:
        cursor.execute("ALTER TABLE ledger_transaction DISABLE TRIGGER USER")
        cursor.execute(
            "UPDATE ledger_transaction SET created_at = %s WHERE reference = %s", [at, call.call_id]
        )
        cursor.execute("ALTER TABLE ledger_transaction ENABLE TRIGGER USER")
        cursor.execute(
            "UPDATE billing_authorization SET settled_at = %s WHERE reference = %s", [at, call.call_id]
        )
    recount_quarter_hours()


def left(customer: Customer) -> list[tuple[str, str, int]]:
    return [(limit.period, limit.measure, limit.left) for limit in read_budget(customer.pk).limits]


def test_each_limit_counts_its_own_span_and_measure() -> None:
    customer = given_customer(balance="200.00")
    now, zone = clock.now(), customer.user.time_zone
    week, month = days.start_of_week(now, zone), days.start_of_month(now, zone)
    for period in LimitPeriod:
        given_limit(customer, 100_00, period)
        given_limit(customer, 100, period, "minutes")
    minute = timedelta(minutes=1)
    was_earlier(talked(customer, 60_000), min(week, month) - minute)  # $3.00, of no span
    for at, milliseconds in sorted(
        [(month + minute, 90_000), (week + minute, 120_500)]
    ):  # as their ids follow
        was_earlier(talked(customer, milliseconds), at)  # $5.00
    talked(customer, 30_000)  # $3.00
    assert left(customer) == [
        (period, measure, most - sum(used for begins, used in calls if begins >= start))
        for period, start in (("day", days.start_of_day(now, zone)), ("week", week), ("month", month))
        for measure, most, calls in (
            ("money", 100_00, [(month + minute, 500), (week + minute, 500), (now, 300)]),
            ("minutes", 6000, [(month + minute, 90), (week + minute, 120), (now, 30)]),
        )
    ]


def test_a_call_counts_no_minutes_once_all_of_it_was_given_back() -> None:
    customer = given_customer(balance="100.00")
    given_limit(customer, 10, "week", "minutes")
    call = talked(customer, 150_000)
    assert left(customer) == [("week", "minutes", 450)]
    for amount, expected in ((100, 450), (None, 600)):
        refund_reference(
            reference=call.call_id, amount_minor=amount, reason="bad line", actor=None, idempotency_key=str(amount)
        )  # fmt: skip
        assert left(customer) == [("week", "minutes", expected)]


def test_free_minutes_and_calls_within_the_grace_count_as_talk() -> None:
    customer = given_customer(balance="10.00", free_minutes=3)
    given_limit(customer, 10, "day", "minutes")
    when_talked(when_called(customer, given_operator(rate="2.00", fee="0.00")), 100_000)
    assert wallet(customer)[0] == 1000
    assert left(customer) == [("day", "minutes", 500)]


@pytest.mark.parametrize(
    ("period", "measure", "amount", "granted", "bound", "words"),
    [
        ("week", "money", 800, 180, "weekly_limit", "weekly spending limit"),
        ("month", "money", 800, 180, "monthly_limit", "monthly spending limit"),
        ("day", "minutes", 4, 240, "daily_minutes", "daily limit on call minutes"),
        ("month", "minutes", 1, 60, "monthly_minutes", "monthly limit on call minutes"),
    ],
)
def test_a_limit_bounds_the_call_and_is_named_before_in_and_after_it(
    period: str, measure: str, amount: int, granted: int, bound: str, words: str
) -> None:
    customer, operator = (
        given_customer(balance="100.00"),
        given_operator(rate="2.00", fee="1.00", slug="sarah"),
    )
    given_limit(customer, amount, period, measure)
    page = customer_client(customer).get("/operators/sarah/").content.decode()
    assert f"(your {words.replace('spending ', '').replace('call ', '')})" in page
    call = when_called(customer, operator)
    tell(call, "started", at=0)
    answer = tell(call, "progress", at=30, elapsed_ms="30000")
    answer = tell(call, "progress", at=90, elapsed_ms="90000") if granted > 60 else answer
    assert (answer["granted_seconds"], answer["final"]) == (granted, True)
    assert the_authorization(call).bound_by == bound
    page = customer_client(customer).get("/operators/sarah/").content.decode()
    assert f"That’s your {words}." in page
    tell(
        call, "ended", at=granted, why="credit_exhausted", ended_by="platform", joined_ms=str(granted * 1000)
    )
    page = customer_client(customer).get(f"/calls/{call.call_id}/").content.decode()
    assert f"You reached your {words}." in page


def test_a_limit_on_minutes_that_is_used_up_refuses_calls_and_nothing_else() -> None:
    customer, operator = given_customer(balance="100.00"), given_operator(slug="sarah")
    given_limit(customer, 2, "week", "minutes")
    talked(customer, 100_000)
    with pytest.raises(LimitReached) as refusal:
        when_called(customer, operator)
    assert refusal.value.message.startswith(
        "You’ve reached your weekly limit on call minutes. It starts over "
    )
    assert (refusal.value.extra["limit_period"], refusal.value.extra["limit_measure"]) == ("week", "minutes")
    ends_at = days.next_week(clock.now(), customer.user.time_zone)
    assert refusal.value.extra["retry_at"] == ends_at.isoformat()
    page = customer_client(customer).get("/operators/sarah/").content.decode()
    assert "Your weekly limit on minutes leaves 0 minutes this week." in page
    charge_message(customer=customer, operator=operator, brand=BrandFactory(), message_id="msg_1")


def test_granted_time_of_a_running_call_counts_as_talked_for_others_alone() -> None:
    customer, operator = given_customer(balance="100.00"), given_operator()
    given_limit(customer, 10, "week", "minutes")
    call = when_called(customer, operator)
    granted = the_authorization(call).granted_seconds
    assert left(customer) == [("week", "minutes", 600 - granted)]
    [limit] = read_budget(customer.pk, own_call=the_authorization(call)).limits
    assert limit.left == 600
    assert selectors.estimated_minutes(the_authorization(call)) == 10


def test_the_refusal_names_the_limit_that_lasts_longest() -> None:
    customer = given_customer(balance="100.00", daily_limit_minor=100)
    given_limit(customer, 50, "month")
    middle = datetime(2026, 11, 17, 17, tzinfo=UTC)  # no day that ends with its month
    with clock.using(lambda: middle), pytest.raises(LimitReached, match="your monthly spending limit"):
        when_called(customer, given_operator())


def test_a_limit_is_an_amount_or_none() -> None:
    for measure, amount in ((MONEY, -1), (MONEY, 10_000_001), (MINUTES, 44_641)):
        with pytest.raises(Invalid):
            set_limit(customer=given_customer(balance=0), period=WEEK, measure=measure, amount=amount)


def test_a_raised_limit_can_be_kept_as_it_is(client: object) -> None:
    customer = given_customer(balance="100.00")
    client = customer_client(customer)
    client.post("/account/limits/amounts/", {"minutes_week": "30"})
    client.post("/account/limits/amounts/", {"minutes_week": "60", "money_month": "200"})
    limit = customer.spending_limits.get(measure="minutes")
    assert (limit.amount, limit.next_amount) == (30, 60)
    page = client.get("/account/limits/").content.decode()
    assert "Your weekly limit on minutes changes to 60 minutes tomorrow at" in page
    assert "$200.00 left this month." in page
    client.post("/account/limits/amounts/", {"keep": "minutes_week"})
    limit.refresh_from_db()
    assert (limit.amount, limit.next_at) == (30, None)


def test_the_statements_are_as_many_with_six_limits_and_a_long_history() -> None:
    customer = given_customer(balance="500.00")
    for period in LimitPeriod:
        given_limit(customer, 400_00, period)
        given_limit(customer, 900, period, "minutes")
    for _ in range(6):
        talked(customer, 61_000)
    with CaptureQueriesContext(connection) as queries:
        budget = read_budget(customer.pk)
    assert (len(queries), len(budget.limits)) == (3, 6)
    assert spent_this_month_minor(customer, clock.now()) == 6 * 500


def race(acts: list[Callable[[], object]]) -> int:
    """How many of these succeed at once; those that don't are refused in words."""

    def run(act: Callable[[], object]) -> bool:
        try:
            act()
        except DomainError:
            return False
        finally:
            connections.close_all()
        return True

    with ThreadPoolExecutor(len(acts)) as pool:
        return sum(pool.map(run, acts))


def test_a_call_a_text_and_a_tip_at_once_do_not_pass_a_weekly_limit() -> None:
    customer = given_customer(balance="100.00")
    operator = given_operator(rate="2.00", fee="1.00", rate_per_message_minor=300)
    paid = when_called(customer, operator)
    when_talked(paid, 30_000)  # $3.00
    given_limit(customer, 1000, "week")
    brand = BrandFactory()
    for turn in range(12):
        before = wallet(customer)
        race([
            lambda turn=turn: charge_message(customer=customer, operator=operator, brand=brand, message_id=f"msg_{turn}"),
            lambda turn=turn: tip(customer=customer, operator_id=operator.pk, brand=brand, amount_minor=300,
                                  call_reference=paid.call_id, idempotency_key=str(turn)),
            lambda: when_called(customer, operator),
        ])  # fmt: skip
        balance, held = wallet(customer)
        assert 100_00 - balance + held <= 1000, (turn, before)
    balance, held = wallet(customer)
    assert 100_00 - balance + held >= 900, "and what it leaves can be used"


ZONES = ["America/New_York", "Asia/Tokyo", "Pacific/Apia", "Europe/London", "Pacific/Pago_Pago"]


@settings(max_examples=200, deadline=None)
@given(
    st.sampled_from([LimitPeriod.WEEK, LimitPeriod.MONTH]),
    st.lists(st.tuples(st.integers(0, 20 * 24), st.sampled_from(ZONES)), min_size=1, max_size=8),
)
def test_weeks_and_months_follow_each_other_whatever_zones_one_moves_to(
    kind: LimitPeriod, moves: list[tuple[int, str]]
) -> None:
    at, zone = datetime(2026, 10, 20, tzinfo=UTC), ZONES[0]
    kept_from = kept_until = None
    span = limit_period(at, kind, zone, None, None)
    least = (timedelta(days=7) if kind == LimitPeriod.WEEK else timedelta(days=28)) - timedelta(hours=27)
    for hours, moved_to in [*moves, (70 * 24, "")]:
        for _ in range(hours // 2):
            at += timedelta(hours=2)
            now = limit_period(at, kind, zone, kept_from, kept_until)
            assert now.begins_at <= at < now.ends_at
            if now != span:
                assert now.begins_at == span.ends_at, "no gap, and nothing counted twice or not at all"
                assert now.ends_at - now.begins_at >= least
                span = now
        if not moved_to:
            break
        zone, kept_from, kept_until = moved_to, span.begins_at, span.ends_at
        assert limit_period(at, kind, zone, kept_from, kept_until) == span
    assert span == calendar_period(at, kind, zone), "and in the end they are those of the calendar"


def test_moving_brings_no_second_week() -> None:
    monday = datetime(2026, 6, 8, 2, tzinfo=UTC)  # Monday in Tokyo, Sunday in New York
    with clock.using(lambda: monday):
        customer = given_customer(balance="10.00")
        move(customer=customer, time_zone="Asia/Tokyo", actor=customer.user)
        given_limit(customer, 500, "week")
    before = customer.spending_limits.get().period_at(monday, customer)
    with clock.using(lambda: monday + timedelta(hours=1)):
        move(customer=customer, time_zone="America/New_York", actor=customer.user)
        move(customer=customer, time_zone="Pacific/Apia", actor=customer.user)
    after = customer.spending_limits.get().period_at(monday + timedelta(days=6), customer)
    assert after == before
