"""What an operator earned today, hour by hour where they live: bars as one path, and the same as a table. Pure but for one read."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from billing import conf
from billing.earned import earned_times
from core import clock
from core.days import start_of_day
from core.money import format_money
from operators.models import Operator

_ROOM, _BAR, HEIGHT = 10, 8, 40  # units of the drawing
WIDTH = 24 * _ROOM


@dataclass(frozen=True, slots=True)
class Hour:
    """One hour in which something was earned, or given back."""

    name: str
    earned: str


@dataclass(frozen=True, slots=True)
class Hours:
    """A day: `bars` is the `d` of an SVG path over 24 hours, `rows` those that are not empty, `best` the best one's name."""

    bars: str
    rows: list[Hour]
    best: str
    width: int = WIDTH
    height: int = HEIGHT


def hours_of(entries: Iterable[tuple[datetime, int]], zone: ZoneInfo, currency: str) -> Hours:
    """`entries`: when (to the quarter hour), and cents earned. Hours that the clock shows twice are one; given back draws no bar."""
    sums = [0] * 24
    touched = set()
    for at, minor in entries:
        hour = at.astimezone(zone).hour
        sums[hour] += minor
        touched.add(hour)
    top = max(sums)
    bars = [_bar(hour, max(1, round(sums[hour] * HEIGHT / top))) for hour in range(24) if sums[hour] > 0]
    rows = [Hour(_name(hour), format_money(sums[hour], currency)) for hour in sorted(touched)]
    return Hours("".join(bars), rows, _name(sums.index(top)) if top > 0 else "")


def hours_context(operator: Operator) -> dict[str, Any]:
    """Today so far, by the books: the rows add up to what was earned today. One query."""
    midnight = start_of_day(clock.now(), operator.user.time_zone)
    entries = earned_times(operator.pk, midnight)
    return {"hours": hours_of(entries, ZoneInfo(operator.user.time_zone), conf.currency())}


def _bar(hour: int, height: int) -> str:
    return f"M{hour * _ROOM + 1} {HEIGHT}v-{height}h{_BAR}v{height}"


def _name(hour: int) -> str:
    return f"{hour % 12 or 12} {'AM' if hour < 12 else 'PM'}"
