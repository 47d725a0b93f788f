"""Hours as pages say them, the same for customers and operators. Pure."""

from datetime import date, time

from django.utils.formats import time_format
from django.utils.translation import gettext as _

from operators.models import ScheduleException


def describe_span(starts: time, ends: time) -> str:
    """`7 PM to 11:30 PM`."""
    return _("%(start)s to %(end)s") % {"start": time_format(starts, "f A"), "end": time_format(ends, "f A")}


def describe_day(day: date) -> str:
    """`Dec 24`."""
    return f"{day:%b} {day.day}"


def describe_exception(row: ScheduleException) -> str:
    """`Off Dec 24`, or `Dec 26, 7 PM to 11 PM`."""
    day = describe_day(row.day)
    if row.span is None:
        return _("Off %(day)s") % {"day": day}
    return _("%(day)s, %(hours)s") % {"day": day, "hours": describe_span(*row.span)}
