"""What the dashboard says of an operator's trends: the last week beside the one before, and the hours that earn most."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import time

from django.utils import dateformat
from django.utils.translation import gettext as _

from billing.services.count_hours import WEEKS
from core.money import MINOR_PER_UNIT, format_money, round_half_up
from operators.models import OperatorHour
from operators.trends import Weeks, per_hour_minor
from web.templatetags.ui import clock

LEVELS = 5  # of color
BEST = 3


@dataclass(frozen=True, slots=True)
class Compared:
    """A figure of the last week, of the week before, and the difference; "none" where there is none."""

    label: str
    last: str
    before: str
    change: str


def compared(weeks: Weeks, views: int, views_before: int, currency: str) -> list[Compared]:
    """The rows of the table; `views` are those of the operator's page in each week."""
    last, before = weeks.last, weeks.before

    def money(label: str, one: int | None, other: int | None) -> Compared:
        told = ["" if minor is None else format_money(minor, currency) for minor in (one, other)]
        change = "" if one is None or other is None else _signed(one - other, currency)
        return Compared(label, told[0] or _("none"), told[1] or _("none"), change)

    def count(label: str, one: int, other: int) -> Compared:
        return Compared(label, f"{one:,}", f"{other:,}", _signed(one - other))

    return [
        money(_("Earned"), last.earned_minor, before.earned_minor),
        money(_("Earned per hour of talk"), per_hour_minor(last), per_hour_minor(before)),
        count(_("Calls"), last.calls, before.calls),
        Compared(_("Talk"), clock(last.seconds), clock(before.seconds), ""),
        count(_("Texts"), last.messages, before.messages),
        count(_("Views of your page"), views, views_before),
        Compared(
            _("Calls per 100 views"), _per_hundred(last.calls, views), _per_hundred(before.calls, views_before), ""
        ),
    ]  # fmt: skip


def _signed(change: int, currency: str = "") -> str:
    size = format_money(abs(change), currency) if currency else f"{abs(change):,}"
    return f"{'+' if change > 0 else '−' if change < 0 else ''}{size}"


def _per_hundred(calls: int, views: int) -> str:
    return f"{round_half_up(calls * 1000, views) / 10:g}" if views else _("none")


@dataclass(frozen=True, slots=True)
class HeatCell:
    """An hour of one weekday: what it earned in an average week, in whole units of money, and the strength of its color (0: none)."""

    amount: str
    level: int


@dataclass(frozen=True, slots=True)
class Heat:
    """Hours by weekday, Monday first; hours in which nothing was ever earned are left out. `best` in words."""

    rows: list[tuple[str, list[HeatCell]]]
    best: list[str]


def heat_of(hours: Sequence[OperatorHour], currency: str) -> Heat:
    """From what was counted last night."""
    earned = {(row.weekday, row.hour): row for row in hours if row.earned_minor > 0}
    most = max((row.earned_minor for row in earned.values()), default=0)

    def cell(weekday: int, hour: int) -> HeatCell:
        row = earned.get((weekday, hour))
        if row is None:
            return HeatCell("", 0)
        units = round_half_up(row.earned_minor, WEEKS * MINOR_PER_UNIT)
        amount = format_money(max(units, 1) * MINOR_PER_UNIT, currency).removesuffix(".00")
        return HeatCell(amount if units else f"<{amount}", -(-row.earned_minor * LEVELS // most))

    shown = sorted({hour for _weekday, hour in earned})
    best = sorted(earned.values(), key=lambda row: (-row.earned_minor, row.weekday, row.hour))[:BEST]
    return Heat(
        rows=[(hour_name(hour), [cell(weekday, hour) for weekday in range(7)]) for hour in shown],
        best=[_in_words(row, currency) for row in best],
    )


def hour_name(hour: int) -> str:
    """22 → "10 PM"."""
    return dateformat.time_format(time(hour), "g A")


def _in_words(row: OperatorHour, currency: str) -> str:
    days = (
        _("Mondays"), _("Tuesdays"), _("Wednesdays"), _("Thursdays"), _("Fridays"), _("Saturdays"), _("Sundays"),
    )  # fmt: skip
    return _("%(days)s from %(hour)s: %(amount)s a week") % {
        "days": days[row.weekday],
        "hour": hour_name(row.hour),
        "amount": format_money(round_half_up(row.earned_minor, WEEKS), currency),
    }
