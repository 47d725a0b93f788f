"""The days of a daily limit: those where the customer lives, and no day is shortened by moving. Pure.

After a change of time zone the days of the old zone count for at least 24 hours more, and the last of them lasts until a
day of the new zone begins that is no part of it: so the limit cannot be had twice in one day.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from core.days import next_day, start_of_day

KEPT_FOR = timedelta(hours=24)
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class LimitDay:
    """The span whose spending counts together."""

    begins_at: datetime
    ends_at: datetime


def limit_day(at: datetime, time_zone: str, kept_zone: str, kept_until: datetime | None) -> LimitDay:
    """The day `at` counts for: in `time_zone`, or, before `kept_until`, in the one the customer had before."""
    if not kept_zone or kept_until is None or kept_until <= at:
        return LimitDay(start_of_day(at, time_zone), next_day(at, time_zone))
    last_begins_at = start_of_day(kept_until - _DAY, kept_zone)
    if at >= last_begins_at:
        return LimitDay(last_begins_at, kept_until)
    return LimitDay(start_of_day(at, kept_zone), next_day(at, kept_zone))


def kept_until(at: datetime, old_zone: str, new_zone: str) -> datetime:
    """When the days of `new_zone` begin to count for a change at `at`: with its first day that begins once the day of
    `old_zone` is over that it is 24 hours later.
    """
    old_ends_at = next_day(at + KEPT_FOR, old_zone)
    begins_at = start_of_day(old_ends_at, new_zone)
    return begins_at if begins_at >= old_ends_at else next_day(old_ends_at, new_zone)
