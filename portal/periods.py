"""The days that a statement offers by name: today, last week, this month … Pure.

They are dates in the address, not names, so that a page, the one after it, its CSV and its print are of the same days even if
midnight comes between.
"""

from dataclasses import dataclass
from datetime import date, timedelta

from django.utils.translation import gettext as _

_DAY, _WEEK = timedelta(days=1), timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Period:
    """A name, and the first and the last day, both included."""

    label: str
    since: date
    until: date


def periods(today: date) -> list[Period]:
    """What is offered on this day. A week begins on Monday."""
    monday, first = today - timedelta(days=today.weekday()), today.replace(day=1)
    last_month = (first - _DAY).replace(day=1)
    return [
        Period(_("Today"), today, today),
        Period(_("Yesterday"), today - _DAY, today - _DAY),
        Period(_("This week"), monday, monday + _WEEK - _DAY),
        Period(_("Last week"), monday - _WEEK, monday - _DAY),
        Period(_("This month"), first, (first + timedelta(days=32)).replace(day=1) - _DAY),
        Period(_("Last month"), last_month, first - _DAY),
    ]
