"""From usual hours and single dates to moments: when an operator's hours begin and end, in their time zone. Pure.

A date's hours belong to the date on which they begin: who works from 8 PM to 2 AM and is off the next day works until 2 AM.
Where the clock is set back, hours that begin in the repeated hour begin in its first, hours that end in it end in its second; a
time that the clock skips is as much later as it skips.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

Span = tuple[time, time]
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Window:
    """Hours of one stretch, in UTC."""

    begins: datetime
    ends: datetime


@dataclass(frozen=True, slots=True)
class Turn:
    """A beginning or an end of hours."""

    at: datetime
    is_begin: bool


@dataclass(frozen=True, slots=True)
class Hours:
    """Usual hours by weekday (0 is Monday), and the dates that differ: their hours, None for a day off."""

    usual: Mapping[int, Sequence[Span]]
    dates: Mapping[date, Span | None]
    time_zone: str

    def on(self, day: date) -> Sequence[Span]:
        """The hours that begin on this date."""
        if day not in self.dates:
            return self.usual.get(day.weekday(), ())
        span = self.dates[day]
        return () if span is None else (span,)

    def around(self, at: datetime) -> list[Window]:
        """The hours from the day before yesterday to the day after tomorrow; those that touch are one."""
        zone = ZoneInfo(self.time_zone)
        today = at.astimezone(zone).date()
        days = (today + n * _DAY for n in range(-2, 3))
        return _merged(_window(day, span, zone) for day in days for span in self.on(day))

    def last_turn(self, at: datetime) -> Turn | None:
        """What happened last up to `at`: hours began, or ended."""
        turns = [
            turn
            for window in self.around(at)
            for turn in (Turn(window.begins, is_begin=True), Turn(window.ends, is_begin=False))
        ]
        return max((turn for turn in turns if turn.at <= at), key=lambda turn: turn.at, default=None)

    def next_begin(self, at: datetime) -> datetime | None:
        """When hours begin next after `at`, within the next two days."""
        return min((window.begins for window in self.around(at) if window.begins > at), default=None)


def _window(day: date, span: Span, zone: ZoneInfo) -> Window:
    starts, ends = span
    last = day if ends > starts else day + _DAY
    end = datetime.combine(last, ends, tzinfo=zone)
    second = end.replace(fold=1).astimezone(UTC)
    return Window(
        datetime.combine(day, starts, tzinfo=zone).astimezone(UTC), max(end.astimezone(UTC), second)
    )


def _merged(windows: Iterable[Window]) -> list[Window]:
    merged: list[Window] = []
    for window in sorted(windows, key=lambda window: window.begins):
        if window.ends <= window.begins:  # the clock skips all of it
            continue
        if merged and window.begins <= merged[-1].ends:
            before = merged.pop()
            merged.append(Window(before.begins, max(before.ends, window.ends)))
        else:
            merged.append(window)
    return merged
