"""The days, weeks, and months of limits: those where the customer lives, and none is had twice by moving. Pure.

After a change of time zone the days of the old zone count for at least 24 hours more, and the last of them lasts until a
day of the new zone begins that is no part of it: so the limit cannot be had twice in one day. The running week and month
end as they would have; the next begins then and ends with one of the new zone that is at most a day shorter or longer.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from core import days
from core.days import next_day, start_of_day
from customers.states import LimitPeriod

KEPT_FOR = timedelta(hours=24)
_DAY = timedelta(days=1)
_WIDEST = timedelta(hours=26)  # between the clocks of two zones
_STARTS = {
    LimitPeriod.DAY: (days.start_of_day, days.next_day),
    LimitPeriod.WEEK: (days.start_of_week, days.next_week),
    LimitPeriod.MONTH: (days.start_of_month, days.next_month),
}


@dataclass(frozen=True, slots=True)
class Period:
    """The span whose spending counts together."""

    begins_at: datetime
    ends_at: datetime


def limit_day(at: datetime, time_zone: str, kept_zone: str, kept_until: datetime | None) -> Period:
    """The day `at` counts for: in `time_zone`, or, before `kept_until`, in the one the customer had before."""
    if not kept_zone or kept_until is None or kept_until <= at:
        return calendar_period(at, LimitPeriod.DAY, time_zone)
    last_begins_at = start_of_day(kept_until - _DAY, kept_zone)
    if at >= last_begins_at:
        return Period(last_begins_at, kept_until)
    return calendar_period(at, LimitPeriod.DAY, kept_zone)


def limit_period(
    at: datetime, kind: LimitPeriod, time_zone: str, kept_from: datetime | None, kept_until: datetime | None
) -> Period:
    """The week or month `at` counts for. `kept_from` to `kept_until` is the one that ran when the customer last moved."""
    if kept_from is None or kept_until is None:
        return calendar_period(at, kind, time_zone)
    if at < kept_until:
        return Period(kept_from, kept_until)
    first = calendar_period(kept_until, kind, time_zone)
    ends_at = first.ends_at
    if ends_at - kept_until <= _WIDEST:  # moved west: what is left of it is no week
        ends_at = calendar_period(ends_at, kind, time_zone).ends_at
    return Period(kept_until, ends_at) if at < ends_at else calendar_period(at, kind, time_zone)


def calendar_period(at: datetime, kind: LimitPeriod, time_zone: str) -> Period:
    """The day, week, or month that `at` falls in there."""
    start, following = _STARTS[kind]
    return Period(start(at, time_zone), following(at, time_zone))


def kept_until(at: datetime, old_zone: str, new_zone: str) -> datetime:
    """When the days of `new_zone` begin to count for a change at `at`: with its first day that begins once the day of
    `old_zone` is over that it is 24 hours later.
    """
    old_ends_at = next_day(at + KEPT_FOR, old_zone)
    begins_at = start_of_day(old_ends_at, new_zone)
    return begins_at if begins_at >= old_ends_at else next_day(old_ends_at, new_zone)
