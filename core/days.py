"""Where a day begins and ends where somebody lives, also where midnight happens twice or not at all. Pure."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

BOOKS_ZONE = ZoneInfo("America/New_York")  # the bookkeeper's days, and the clock of the pages of staff
_DAY = timedelta(days=1)
_SATURDAY = 5  # of `date.weekday`


def start_of_day(at: datetime, time_zone: str) -> datetime:
    """The first moment of the day that `at` falls on there, in UTC terms the earlier of two midnights."""
    return _midnight(at.astimezone(ZoneInfo(time_zone)).date(), ZoneInfo(time_zone))


def next_day(at: datetime, time_zone: str) -> datetime:
    """The first moment of the day after."""
    return _midnight(at.astimezone(ZoneInfo(time_zone)).date() + _DAY, ZoneInfo(time_zone))


def end_of_date(day: date, time_zone: str) -> datetime:
    """The last second of a calendar day there."""
    return _midnight(day + _DAY, ZoneInfo(time_zone)) - timedelta(seconds=1)


def end_of_day(at: datetime, time_zone: str) -> datetime:
    """The last second of the day that `at` falls on there."""
    return next_day(at, time_zone) - timedelta(seconds=1)


def start_of_month(at: datetime, time_zone: str) -> datetime:
    """The first moment of the month that `at` falls in there."""
    return _midnight(at.astimezone(ZoneInfo(time_zone)).date().replace(day=1), ZoneInfo(time_zone))


def next_month(at: datetime, time_zone: str) -> datetime:
    """The first moment of the month after."""
    first = at.astimezone(ZoneInfo(time_zone)).date().replace(day=1)
    return _midnight((first + timedelta(days=32)).replace(day=1), ZoneInfo(time_zone))


def start_of_week(at: datetime, time_zone: str) -> datetime:
    """The first moment of the week, from Monday, that `at` falls in there."""
    day = at.astimezone(ZoneInfo(time_zone)).date()
    return _midnight(day - timedelta(days=day.weekday()), ZoneInfo(time_zone))


def next_week(at: datetime, time_zone: str) -> datetime:
    """The first moment of the Monday after."""
    day = at.astimezone(ZoneInfo(time_zone)).date()
    return _midnight(day + timedelta(days=7 - day.weekday()), ZoneInfo(time_zone))


def add_business_days(day: date, count: int) -> date:
    """The `count`th business day after `day`: Mondays to Fridays, holidays included."""
    while count:
        day += _DAY
        count -= day.weekday() < _SATURDAY
    return day


def business_days_ago(count: int, at: datetime, time_zone: str) -> datetime:
    """Whatever happened before this moment is at least `count` (1 or more) business days old at `at`, by that zone's calendar.

    So `business_days_between` the two days is `count` or more exactly for what is earlier.
    """
    zone = ZoneInfo(time_zone)
    day = today = at.astimezone(zone).date()
    while business_days_between(day, today) < count:
        day -= _DAY
    return _midnight(day + _DAY, zone)


def business_days_between(first: date, last: date) -> int:
    """How many business days begin after `first` and up to `last`; 0 where `last` isn't later."""
    weeks, rest = divmod(max(0, (last - first).days), 7)
    return 5 * weeks + sum((first + n * _DAY).weekday() < _SATURDAY for n in range(1, rest + 1))


def write_date(day: date) -> str:
    """As people in the United States write it: "Nov 30, 2026". A datetime is on its own zone's calendar."""
    return f"{day:%b} {day.day}, {day.year}"


def write_clock(at: datetime, time_zone: str) -> str:
    """A time of day there: "2:31 AM"."""
    local = at.astimezone(ZoneInfo(time_zone))
    return f"{local.hour % 12 or 12}:{local:%M %p}"


def write_time(at: datetime, time_zone: str) -> str:
    """A date and time there: "Nov 30, 2026, 2:31 AM"."""
    return f"{write_date(at.astimezone(ZoneInfo(time_zone)))}, {write_clock(at, time_zone)}"


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    # `fold` is 0: the first of two. A midnight that is skipped is the moment of the jump.
    return datetime.combine(day, time(), tzinfo=zone).astimezone(UTC)
