"""When earnings are payable: whole days of New York, across clock changes; and a balance whose parts always add up to it."""

from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing.payouts.maturity import Balance, held_back_since, next_payday, payable_on, week_of

_MINOR = st.integers(-(10**9), 10**9)


@given(_MINOR, st.integers(0, 10**9), st.integers(0, 10**9))
def test_the_parts_of_a_balance_add_up_to_it(balance: int, unripe: int, disputed: int) -> None:
    parts = Balance(balance, unripe, disputed)
    assert parts.payable_minor + parts.pending_minor + parts.held_minor == balance
    assert parts.payable_minor >= 0
    assert parts.held_minor >= 0
    assert parts.payable_minor <= max(0, balance - unripe - disputed)
    assert (parts.owed_to_us_minor > 0) == (balance < 0)


def test_what_was_taken_back_comes_out_of_newer_earnings_first_not_out_of_anything_paid() -> None:
    assert Balance(500, 1000, 0).payable_minor == 0
    assert Balance(500, 1000, 0).pending_minor == 500
    assert Balance(-200, 1000, 0).owed_to_us_minor == 200


@pytest.mark.parametrize(
    ("earned_at", "day"),
    [
        (datetime(2026, 11, 2, 4, 59, 59, tzinfo=UTC), date(2026, 11, 9)),  # Sunday, 23:59:59 in New York
        (datetime(2026, 11, 2, 5, 0, tzinfo=UTC), date(2026, 11, 10)),  # midnight of Monday
        (datetime(2026, 11, 1, 5, 30, tzinfo=UTC), date(2026, 11, 9)),  # 1:30 AM, the first of two
        (datetime(2026, 11, 1, 6, 30, tzinfo=UTC), date(2026, 11, 9)),  # 1:30 AM, the second
        (datetime(2026, 3, 8, 4, 59, 59, tzinfo=UTC), date(2026, 3, 15)),  # the night that has no 2 AM
        (datetime(2026, 3, 9, 3, 59, 59, tzinfo=UTC), date(2026, 3, 16)),
    ],
)
def test_earnings_are_payable_from_the_midnight_after_the_whole_days(earned_at: datetime, day: date) -> None:
    assert payable_on(earned_at, 7) == day
    assert earned_at < held_back_since(day, 7)
    assert earned_at >= held_back_since(date.fromordinal(day.toordinal() - 1), 7)


@pytest.mark.parametrize(
    ("day", "hours"), [(date(2026, 3, 4), 167), (date(2026, 10, 28), 169), (date(2026, 11, 4), 168)]
)
def test_a_week_has_an_hour_less_or_more_where_clocks_change(day: date, hours: int) -> None:
    start, end = week_of(day)
    assert (end - start).total_seconds() == hours * 3600


def test_the_next_payday_is_never_today() -> None:
    assert next_payday(date(2026, 11, 30)) == date(2026, 12, 7)  # a Monday
    assert next_payday(date(2026, 12, 6)) == date(2026, 12, 7)
