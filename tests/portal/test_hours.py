"""Today by the hour: bars and rows of the same figures, which add up to what was earned today, also when the clock changes."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from billing.earned import earned_times
from core import clock
from core.days import start_of_day
from operators.selectors import today_figures
from portal.hours import hours_of
from tests.scenario import given_customer, given_operator, when_called, when_talked

NEW_YORK = ZoneInfo("America/New_York")


def test_hours_are_those_where_the_operator_lives() -> None:
    hours = hours_of([(datetime(2026, 11, 30, 2, 30, tzinfo=UTC), 319)], NEW_YORK, "USD")
    assert [(row.name, row.earned) for row in hours.rows] == [("9 PM", "$3.19")]
    assert hours.best == "9 PM"
    assert hours.bars == "M211 40v-40h8v40"


def test_a_day_without_earnings_has_no_bar() -> None:
    hours = hours_of([], NEW_YORK, "USD")
    assert (hours.bars, hours.rows, hours.best) == ("", [], "")


def test_what_was_given_back_is_a_row_and_no_bar() -> None:
    hours = hours_of([(datetime(2026, 11, 30, 2, tzinfo=UTC), -500)], NEW_YORK, "USD")
    assert [row.earned for row in hours.rows] == ["-$5.00"]
    assert (hours.bars, hours.best) == ("", "")


def test_the_hour_that_comes_twice_in_fall_is_one() -> None:
    first, again = datetime(2026, 11, 1, 5, 30, tzinfo=UTC), datetime(2026, 11, 1, 6, 30, tzinfo=UTC)
    hours = hours_of([(first, 100), (again, 200)], NEW_YORK, "USD")
    assert [(row.name, row.earned) for row in hours.rows] == [("1 AM", "$3.00")]


@pytest.mark.django_db
def test_the_hours_add_up_to_what_was_earned_today() -> None:
    operator = given_operator()
    for milliseconds in (59_000, 127_000):
        when_talked(when_called(given_customer(), operator), milliseconds)
    midnight = start_of_day(clock.now(), operator.user.time_zone)
    earned = earned_times(operator.pk, midnight)
    assert sum(minor for _, minor in earned) == today_figures(operator, clock.now())["earned_minor"] == 1435
    assert earned_times(given_operator().pk, midnight) == []
