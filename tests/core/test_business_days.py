"""Business days are Mondays to Fridays."""

from datetime import date, datetime, timedelta

import pytest

from core.days import BOOKS_ZONE, add_business_days, business_days_ago, business_days_between

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


def test_what_is_so_many_business_days_old_happened_before_one_moment() -> None:
    noon = datetime(2026, 10, 2, 12, tzinfo=BOOKS_ZONE)
    for hours in range(0, 24 * 8, 5):  # across a weekend
        at = noon + timedelta(hours=hours)
        for count in (1, 5, 6):
            limit = business_days_ago(count, at, str(BOOKS_ZONE))
            for then in (limit - timedelta(seconds=1), limit):
                waited = business_days_between(
                    then.astimezone(BOOKS_ZONE).date(), at.astimezone(BOOKS_ZONE).date()
                )
                assert (waited >= count) is (then < limit)
