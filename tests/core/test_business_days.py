"""Business days are Mondays to Fridays."""

from datetime import date, timedelta

import pytest

from core.days import add_business_days, business_days_between

FRIDAY = date(2026, 10, 2)


@pytest.mark.parametrize(
    ("day", "count", "expected"),
    [
        (FRIDAY, 0, FRIDAY),
        (FRIDAY, 1, date(2026, 10, 5)),
        (FRIDAY, 7, date(2026, 10, 13)),
        (date(2026, 10, 3), 1, date(2026, 10, 5)),  # a Saturday
        (date(2026, 10, 4), 7, date(2026, 10, 13)),  # a Sunday
        (date(2026, 10, 5), 7, date(2026, 10, 14)),  # a Monday
    ],
)
def test_a_deadline_leaves_weekends_out(day: date, count: int, expected: date) -> None:
    assert add_business_days(day, count) == expected


def test_days_between_are_those_that_were_added() -> None:
    for begin in range(7):
        for count in range(30):
            day = FRIDAY + timedelta(days=begin)
            assert business_days_between(day, add_business_days(day, count)) == count
    assert business_days_between(FRIDAY, date(2026, 10, 4)) == 0
    assert business_days_between(FRIDAY, FRIDAY - timedelta(days=3)) == 0
