"""What date it is: for Django, for the switch, and for us. Each may be off, and may be stepped while calls run."""

import asyncio
from collections.abc import Callable

from telephony.adapter.event_clock import EventClock
from telephony.adapter.reporter import Reporter

DATES_APART_SECONDS = 2.0  # between the switch's date and Django's; below it they count as the same


class Dates:
    """All in epoch seconds, but for the moments on the monotonic clock. `wall` is our own date."""

    def __init__(self, wall: Callable[[], float], event_clock: EventClock, reporter: Reporter) -> None:
        self.wall = wall
        self._event_clock = event_clock
        self._reporter = reporter

    def django_now(self) -> float:
        """Django's date, as far as Django has told it; else ours."""
        return self.wall() + self._reporter.offset

    async def is_past(self, deadline: float, told: float | None) -> bool:
        """Whether it is later than `deadline` by Django's date. `told`: the date that came with the request.

        Where that differs from what we take for Django's date, or the deadline seems to have passed, somebody's clock was
        stepped, or the request waited for us while we were paused: Django's date is asked for.
        """
        is_off = told is not None and abs(told - self.django_now()) > DATES_APART_SECONDS
        if is_off or self.django_now() > deadline:
            await self._reporter.learn_time()
        return self.django_now() > deadline

    def django_time(self, at: float, mono: float | None) -> float:
        """See `call_services.CallServices`."""
        now = asyncio.get_running_loop().time()
        happened = self._event_clock.when(at, now) if mono is None else mono
        ours = self.django_now() - (now - happened)
        return at if abs(ours - at) <= DATES_APART_SECONDS else round(ours, 3)

    def switch_now(self) -> float:
        """The switch's date; ours if nothing is known of it."""
        date = self._event_clock.date(asyncio.get_running_loop().time())
        return self.wall() if date is None else date

    def switch_date_off(self) -> int:
        """How far the switch's date is ahead of Django's; a lasting figure says that it was stepped under the switch."""
        date = self._event_clock.date(asyncio.get_running_loop().time())
        return 0 if date is None else round(date - self.django_now())
