"""A day where somebody lives: also where midnight happens twice, or not at all."""

from datetime import UTC, date, datetime, timedelta

import pytest

from core.days import end_of_date, end_of_day, next_day, start_of_day, start_of_month
from core.time_words import describe_time

HAVANA, NEW_YORK = "America/Havana", "America/New_York"
# On November 1, 2020 clocks in Havana go from 1:00 back to 0:00: midnight is at 04:00 and again at 05:00 UTC.
FIRST_MIDNIGHT = datetime(2020, 11, 1, 4, tzinfo=UTC)


@pytest.mark.parametrize("minutes", [0, 30, 59, 60, 61, 119, 120, 25 * 60 - 1])
def test_a_day_with_two_midnights_begins_at_the_first_and_is_25_hours_long(minutes: int) -> None:
    at = FIRST_MIDNIGHT + timedelta(minutes=minutes)
    assert start_of_day(at, HAVANA) == FIRST_MIDNIGHT
    assert next_day(at, HAVANA) == FIRST_MIDNIGHT + timedelta(hours=25)
    assert start_of_month(at, HAVANA) == FIRST_MIDNIGHT


def test_a_day_without_a_midnight_begins_at_the_jump() -> None:
    # On March 8, 2020 clocks in Havana go from 0:00 to 1:00, at 05:00 UTC.
    at = datetime(2020, 3, 8, 12, tzinfo=UTC)
    assert start_of_day(at, HAVANA) == datetime(2020, 3, 8, 5, tzinfo=UTC)
    assert next_day(at, HAVANA) == datetime(2020, 3, 9, 4, tzinfo=UTC)


def test_a_day_ends_with_its_last_second() -> None:
    assert end_of_date(date(2026, 11, 7), NEW_YORK) == datetime(2026, 11, 8, 4, 59, 59, tzinfo=UTC)
    assert end_of_day(datetime(2026, 11, 8, 4, tzinfo=UTC), NEW_YORK) == datetime(
        2026, 11, 8, 4, 59, 59, tzinfo=UTC
    )


@pytest.mark.parametrize(
    ("hours", "words"),
    [
        (0.51, "at 10:31 PM"),
        (2, "tomorrow at 12:00 AM"),
        (14, "tomorrow at 12:00 PM"),
        (26, "on June 12 at 12:00 AM"),
    ],
)
def test_a_time_ahead_is_said_as_a_person_there_says_it(hours: float, words: str) -> None:
    now = datetime(2026, 6, 11, 2, tzinfo=UTC)  # June 10, 10 PM
    assert describe_time(now + timedelta(hours=hours), now, NEW_YORK) == words
