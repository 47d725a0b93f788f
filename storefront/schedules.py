"""An operator's hours as a page shows them: the usual ones, and the dates that differ."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from operators.models import Operator, ScheduleException, ScheduleSlot
from operators.selectors import today_of
from web.hour_words import describe_exception, describe_span
from web.time_zones import name_of

_DAYS = (
    gettext_noop("Monday"),
    gettext_noop("Tuesday"),
    gettext_noop("Wednesday"),
    gettext_noop("Thursday"),
    gettext_noop("Friday"),
    gettext_noop("Saturday"),
    gettext_noop("Sunday"),
)
_WEEK = timedelta(days=7)
LATER = 10


@dataclass(frozen=True, slots=True)
class Hours:
    """One day of the week and the hours on it."""

    day: str
    words: str


@dataclass(frozen=True, slots=True)
class Schedule:
    """The days that have hours, and whose clock they are told by: "Eastern time".

    A date of the next seven days that differs stands in the place of its day of the week; `later` are those after.
    """

    days: list[Hours]
    zone_name: str
    later: list[str] = field(default_factory=list)


def schedule_of(operator: Operator, at: datetime) -> Schedule:
    """Reads slots and dates; needs the operator's user loaded."""
    today = today_of(operator, at)
    words: dict[int, str] = {}
    for slot in ScheduleSlot.objects.filter(operator=operator).order_by("weekday", "starts"):
        span = describe_span(slot.starts, slot.ends)
        words[slot.weekday] = f"{words[slot.weekday]}, {span}" if slot.weekday in words else span
    dates = list(ScheduleException.objects.filter(operator=operator, day__gte=today).order_by("day"))
    for row in dates:
        if row.day < today + _WEEK:
            words[row.day.weekday()] = describe_exception(row)
    return Schedule(
        [Hours(_(_DAYS[weekday]), words[weekday]) for weekday in sorted(words)],
        name_of(operator.user.time_zone),
        [describe_exception(row) for row in dates if row.day >= today + _WEEK][:LATER],
    )
