"""From usual hours and dates to moments, also where the clock changes. Without a database."""

from datetime import UTC, date, datetime, time

from operators.hours import Hours, Span, Turn

MONDAY, SUNDAY = 0, 6
EVENING: Span = (time(19), time(23))
NIGHT: Span = (time(20), time(2))


def utc(month: int, day: int, hour: int, minute: int = 0) -> datetime:
    return datetime(2026, month, day, hour, minute, tzinfo=UTC)


def hours(
    usual: dict[int, list[Span]], dates: dict[date, Span | None] | None = None, zone: str = "America/New_York"
) -> Hours:
    return Hours(usual, dates or {}, zone)


def stretches(of: Hours, at: datetime) -> list[tuple[datetime, datetime]]:
    return [(window.begins, window.ends) for window in of.around(at)]


def test_hours_are_told_by_the_operators_clock() -> None:
    monday = utc(11, 30, 12)
    assert stretches(hours({MONDAY: [EVENING]}), monday) == [(utc(12, 1, 0), utc(12, 1, 4))]
    in_hawaii = hours({MONDAY: [EVENING]}, zone="Pacific/Honolulu")
    assert stretches(in_hawaii, monday) == [(utc(12, 1, 5), utc(12, 1, 9))]


def test_a_date_stands_in_the_place_of_the_usual_hours() -> None:
    monday = date(2026, 11, 30)
    assert stretches(hours({MONDAY: [EVENING]}, {monday: None}), utc(11, 30, 12)) == []
    other = hours({MONDAY: [EVENING]}, {monday: (time(9), time(10))})
    assert stretches(other, utc(11, 30, 12)) == [(utc(11, 30, 14), utc(11, 30, 15))]


def test_hours_past_midnight_belong_to_the_date_they_begin_on() -> None:
    night = hours({MONDAY: [NIGHT]}, {date(2026, 12, 1): None})
    assert stretches(night, utc(12, 1, 2)) == [(utc(12, 1, 1), utc(12, 1, 7))]
    assert night.last_turn(utc(12, 1, 6, 59)) == Turn(utc(12, 1, 1), is_begin=True)
    assert night.last_turn(utc(12, 1, 7)) == Turn(utc(12, 1, 7), is_begin=False)


def test_hours_that_touch_are_one() -> None:
    late: Span = (time(23), time(1))
    assert stretches(hours({MONDAY: [EVENING, late]}), utc(11, 30, 12)) == [(utc(12, 1, 0), utc(12, 1, 6))]


def test_when_the_clock_is_set_back_the_repeated_hour_is_worked_twice() -> None:
    begins_in_it = hours({SUNDAY: [(time(1, 30), time(4))]})  # 1 AM to 2 AM comes twice on November 1
    assert stretches(begins_in_it, utc(11, 1, 12)) == [(utc(11, 1, 5, 30), utc(11, 1, 9))]
    ends_in_it = hours({SUNDAY: [(time(0), time(1, 30))]})
    assert stretches(ends_in_it, utc(11, 1, 12)) == [(utc(11, 1, 4), utc(11, 1, 6, 30))]


def test_a_time_that_the_clock_skips_is_later_and_nothing_lasts_less_than_no_time() -> None:
    skipped = hours({SUNDAY: [(time(2, 30), time(4))]})  # 2 AM to 3 AM doesn't come on March 8
    assert stretches(skipped, utc(3, 8, 12)) == [(utc(3, 8, 7, 30), utc(3, 8, 8))]
    assert stretches(hours({SUNDAY: [(time(2, 30), time(3))]}), utc(3, 8, 12)) == []
    across = hours({SUNDAY: [(time(1), time(4))]})
    assert stretches(across, utc(3, 8, 12)) == [(utc(3, 8, 6), utc(3, 8, 8))]


def test_the_next_beginning() -> None:
    evening = hours({MONDAY: [EVENING]})
    assert evening.next_begin(utc(11, 30, 23, 45)) == utc(12, 1, 0)
    assert evening.next_begin(utc(12, 1, 0)) is None
