"""Whatever happens, across changes of the clock and wherever people live: kept sums are what the entries say, read as before."""

from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from billing.auditing import days, scope_since
from billing.earned import earned_by_day, earned_minor, taken_by_day
from billing.ledger.accounts import payable_id
from billing.ledger.posting import Posting, Side, post
from billing.ledger.states import AccountKind, TransactionKind
from billing.models import Authorization
from billing.payouts.balances import balance_since, balances_on, hold_days
from billing.payouts.entries import key_of, ripening, statuses_on
from billing.payouts.maturity import books_day, held_back_since
from billing.payouts.outlook import outlook
from billing.selectors import earnings_of
from billing.services.adjust_settlement import adjust_settlement
from billing.services.authorize import authorize
from billing.services.charge_message import charge_message
from billing.services.hold_earnings import hold_earnings
from billing.services.record_payout import record_payout
from billing.services.refund import refund_reference
from billing.services.settle import settle
from billing.spending_limit import _used
from billing.states import HoldKind
from core import clock
from core.days import start_of_day, start_of_month, start_of_week
from core.errors import DomainError
from tests.billing import sums_of_entries
from tests.billing.recounted_quarter_hours import counted, kept
from tests.factories import BrandFactory, StaffFactory
from tests.scenario import given_customer, given_free_minutes, given_operator
from tests.support.ledger_clock import it_is, make_settable

pytestmark = pytest.mark.django_db
LONG = [pytest.mark.long, pytest.mark.timeout(1800)]
FALL, SPRING = datetime(2026, 10, 25, 3, 50, tzinfo=UTC), datetime(2026, 3, 1, 4, 20, tzinfo=UTC)
# Zones an odd number of minutes off, and one whose clock changes by half an hour.
ZONES = ("America/New_York", "Asia/Kathmandu", "Australia/Lord_Howe", "America/St_Johns", "Pacific/Chatham")

steps = st.lists(
    st.one_of(
        st.tuples(st.just("wait"), st.integers(1, 4_000)),
        st.tuples(st.just("wait"), st.integers(1, 90)),
        st.tuples(st.just("call"), st.integers(0, 1), st.integers(1_000, 200_000)),
        st.tuples(st.just("gift"), st.integers(1, 3)),
        st.tuples(st.just("text"), st.integers(0, 1)),
        st.tuples(st.just("refund"), st.integers(0, 9), st.one_of(st.none(), st.integers(1, 400)), st.booleans()),
        st.tuples(st.just("correct"), st.integers(0, 9), st.integers(0, 190_000)),
        st.tuples(st.just("hold"), st.integers(0, 9)),
        st.tuples(st.just("payout"), st.integers(0, 1), st.integers(1, 900)),
        st.tuples(st.just("take"), st.integers(0, 1), st.integers(-300, 600), st.booleans()),
    ),
    min_size=4,
    max_size=18,
)  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize("stories", [12, pytest.param(150, marks=LONG)])
def test_kept_sums_are_those_of_the_entries(stories: int) -> None:
    make_settable()

    @hypothesis_settings(max_examples=stories, suppress_health_check=[HealthCheck.too_slow], deadline=None)
    @given(steps, st.sampled_from((FALL, SPRING)))
    def each(told: list[tuple[Any, ...]], begins: datetime) -> None:
        with transaction.atomic():
            _Teller(begins).tell(told)
            transaction.set_rollback(True)

    each()


def test_a_refund_in_the_next_week_a_refund_taken_back_and_what_is_of_no_call() -> None:
    """The cases that a story finds seldom."""
    make_settable()
    with transaction.atomic():
        _Teller(FALL).tell(
            [
                ("gift", 2), ("call", 0, 190_000), ("call", 1, 130_000), ("text", 0), ("wait", 9_000), ("refund", 0, None, True),
                ("correct", 0, 60_000), ("correct", 1, 0), ("hold", 1), ("take", 0, 500, False), ("take", 0, -40, False), ("take", 1, 30, True),
                ("wait", 600), ("refund", 2, 20, True), ("text", 1), ("payout", 0, 100),
            ]
        )  # fmt: skip
        transaction.set_rollback(True)


def test_what_is_sold_just_before_midnight_is_of_the_day_before() -> None:
    make_settable()
    midnight = datetime(2026, 11, 1, 4, tzinfo=UTC)  # in New York, of the day on which the clock goes back
    teller = _Teller(midnight - timedelta(minutes=1))
    teller.tell([("text", 0), ("wait", 1), ("text", 0)])
    [today, yesterday] = [
        _used(teller.customer, [(True, midnight - timedelta(days=days))], None)[0] for days in (0, 1)
    ]
    assert (today, yesterday) == (50, 100)


class _Teller:
    """Tells a story, and compares after each step that moved something, and when it is over."""

    def __init__(self, begins: datetime) -> None:
        self.at, self.begins, self.numbers = begins, begins, count()
        with it_is(begins):
            self.customer = given_customer(balance="300.00")
            self.operators = [
                given_operator(rate_per_message_minor=50),
                given_operator(rate="2.99", share_bps=7500),
            ]
        self.calls: list[Authorization] = []
        self.references: list[str] = []

    def tell(self, told: list[tuple[Any, ...]]) -> None:
        for name, *arguments in told:
            with it_is(self.at):
                try:
                    with transaction.atomic():
                        getattr(self, f"do_{name}")(*arguments)
                except DomainError:  # no money, nothing left, corrected before: nothing happened
                    continue
        with it_is(self.at):
            assert kept() == counted()
            assert [found for check in days.CHECKS for found in check(scope_since(None))] == []
            self.compare_spending()
            self.compare_days()
            self.compare_balances()
            self.compare_statuses()

    # -- what happens

    def do_wait(self, minutes: int) -> None:
        self.at += timedelta(minutes=minutes)

    def do_gift(self, minutes: int) -> None:
        given_free_minutes(self.customer, minutes)

    def do_call(self, whom: int, milliseconds: int) -> None:
        reference = f"call_{next(self.numbers)}"
        operator = self.operators[whom]
        call = authorize(customer=self.customer, operator=operator, brand=BrandFactory(), reference=reference)
        settle(authorization_id=call.pk, joined_ms=milliseconds)
        self.calls.append(call)
        self.references.append(reference)

    def do_text(self, whom: int) -> None:
        reference = f"msg_{next(self.numbers)}"
        charge_message(
            customer=self.customer, operator=self.operators[whom], brand=BrandFactory(), message_id=reference
        )
        self.references.append(reference)

    def do_refund(self, which: int, amount: int | None, claws_back: bool) -> None:
        if self.references:
            refund_reference(
                reference=self.references[which % len(self.references)], amount_minor=amount, reason="a story",
                actor=None, claws_back=claws_back, idempotency_key=f"story-{next(self.numbers)}",
            )  # fmt: skip

    def do_correct(self, which: int, milliseconds: int) -> None:
        if self.calls:
            adjust_settlement(authorization_id=self.calls[which % len(self.calls)].pk, joined_ms=milliseconds)

    def do_hold(self, which: int) -> None:
        if self.calls:
            call = self.calls[which % len(self.calls)]
            hold_earnings(
                operator_id=call.operator_id, customer_id=call.customer_id, kind=HoldKind.LARGE_SHARE,
                references=[call.reference], evidence={},
            )  # fmt: skip

    def do_payout(self, whom: int, amount: int) -> None:
        record_payout(
            operator=self.operators[whom], amount_minor=amount, reason="a story", is_early=True,
            actor=StaffFactory(is_superuser=True), idempotency_key=f"payout-{next(self.numbers)}",
        )  # fmt: skip

    def do_take(self, whom: int, amount: int, is_of_call: bool) -> None:
        """Taken of the operator by staff, or given where it is below zero, with a reference or without."""
        if not amount:
            return
        operator = self.operators[whom]
        post(
            Posting(
                kind=TransactionKind.ADJUSTMENT, key=f"take-{next(self.numbers)}", amount_minor=abs(amount),
                operator_minor=-amount, currency="USD", operator_id=operator.pk,
                reference=self.references[0] if is_of_call and self.references else "",
                sides=(
                    Side(-amount, account_id=payable_id(operator_id=operator.pk, currency="USD")),
                    Side(amount, kind=AccountKind.DISPUTE_LOSSES),
                ),
            )
        )  # fmt: skip

    # -- what is compared

    def compare_spending(self) -> None:
        for zone in ZONES:
            for start in (start_of_day, start_of_week, start_of_month):
                for at in (self.at, self.at - timedelta(days=2), self.begins):
                    since = start(at, zone)
                    expected = sums_of_entries.spent_minor(self.customer.pk, since)
                    assert _used(self.customer, [(True, since)], None) == [expected], (zone, since)

    def compare_days(self) -> None:
        for operator in self.operators:
            for zone in ZONES:
                begin, end = start_of_day(self.begins, zone), start_of_day(self.at + timedelta(days=1), zone)
                expected = sums_of_entries.by_day(operator.pk, begin, end, zone)
                earned = {on: minor for (on, is_earned), minor in expected.items() if is_earned}
                assert earned_by_day(operator.pk, begin, end, ZoneInfo(zone)) == earned
                assert earned_minor(operator.pk, begin, end) == sum(earned.values())
                taken: dict[Any, int] = {}
                for (on, _kind), minor in taken_by_day(operator.pk, begin, end, ZoneInfo(zone)).items():
                    taken[on] = taken.get(on, 0) - minor
                assert taken == {on: minor for (on, is_earned), minor in expected.items() if not is_earned}

    def compare_balances(self) -> None:
        today = books_day(clock.now())
        for offset in range(hold_days() + 3):
            day = today + timedelta(days=offset)
            since = held_back_since(day, hold_days())
            of_all = sums_of_entries.balances_since(since)
            assert balances_on(day) == of_all
            for operator in self.operators:
                assert balance_since(operator.pk, since) == sums_of_entries.balance_since(operator.pk, since)
                assert ripening(operator.pk, day) == sums_of_entries.ripening(operator.pk, day)
        parts = outlook(clock.now())
        balances = sums_of_entries.balances_since(held_back_since(today, hold_days())).values()
        assert parts.payable_minor == sum(balance.payable_minor for balance in balances)

    def compare_statuses(self) -> None:
        """What the lines of each status add up to, however many are asked for at once."""
        day = books_day(clock.now())
        for operator in self.operators:
            statuses = statuses_on(operator.pk, day)
            entries = list(earnings_of(operator.pk))
            at_once = statuses.of(entries)
            assert [status for entry in entries for status in statuses.of([entry])] == at_once
            sums = dict.fromkeys(("payable", "pending", "held"), 0)
            for entry, status in zip(entries, at_once, strict=True):
                sums[status.value] += entry.amount_minor
            parts = statuses.balance
            assert sums == {
                "payable": parts.payable_minor,
                "pending": parts.pending_minor,
                "held": parts.held_minor,
            }
            recent = sums_of_entries.recent_minor(operator.pk, statuses.since)
            own = statuses._recent_of(entries)
            assert {key: minor for key, minor in own.items() if minor} == {
                key: minor for key, minor in recent.items() if minor
            }
            assert set(own) <= {key_of(entry.transaction) for entry in entries}
