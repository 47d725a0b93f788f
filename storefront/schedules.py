"""An operator's usual hours as a page shows them."""

from dataclasses import dataclass
from itertools import groupby

from django.utils.formats import time_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from operators.models import Operator, ScheduleSlot
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


@dataclass(frozen=True, slots=True)
class Hours:
    """One day of the week and the hours on it."""

    day: str
    words: str


@dataclass(frozen=True, slots=True)
class Schedule:
    """The days that have hours, and whose clock they are told by: "Eastern time"."""

    days: list[Hours]
    zone_name: str


def schedule_of(operator: Operator) -> Schedule:
    """Reads the slots; needs the operator's user loaded."""
    slots = ScheduleSlot.objects.filter(operator=operator).order_by("weekday", "starts")
    days = [
        Hours(_(_DAYS[weekday]), ", ".join(_words(slot) for slot in group))
        for weekday, group in groupby(slots, key=lambda slot: slot.weekday)
    ]
    return Schedule(days, name_of(operator.user.time_zone))


def _words(slot: ScheduleSlot) -> str:
    return _("%(start)s to %(end)s") % {
        "start": time_format(slot.starts, "f A"),
        "end": time_format(slot.ends, "f A"),
    }
