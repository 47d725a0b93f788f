"""How an operator's last days compare with those before. Pure: days in, figures out."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from operators.statistics import Figures

DAYS = 7
_SECONDS_PER_HOUR = 3600


@dataclass(frozen=True, slots=True)
class Weeks:
    """The last `DAYS` days that are over, and as many before them; first and last day of each, both included."""

    last: Figures
    last_days: tuple[date, date]
    before: Figures
    before_days: tuple[date, date]


def weeks_of(days: Sequence[tuple[date, Figures]]) -> Weeks:
    """From days, the oldest first, of which the last is today: that one isn't over, and isn't counted. Two weeks and a day at least."""
    last, before = days[-DAYS - 1 : -1], days[-2 * DAYS - 1 : -DAYS - 1]
    return Weeks(
        last=_sum(last), last_days=(last[0][0], last[-1][0]), before=_sum(before),
        before_days=(before[0][0], before[-1][0]),
    )  # fmt: skip


def per_hour_minor(figures: Figures) -> int | None:
    """What was earned for each hour of talk, texts and tips of these days included, cents; None where there was no talk."""
    if not figures.seconds:
        return None
    return round(figures.earned_minor * _SECONDS_PER_HOUR / figures.seconds)


def _sum(days: Sequence[tuple[date, Figures]]) -> Figures:
    total = Figures()
    for _, figures in days:
        total.calls += figures.calls
        total.seconds += figures.seconds
        total.chats += figures.chats
        total.messages += figures.messages
        total.earned_minor += figures.earned_minor
    return total
