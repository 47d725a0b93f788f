"""Two clocks: Asterisk's (epoch seconds in its events) and ours (`loop.time()`, monotonic).

Timers run on ours alone, so that no step of either host's date matters. An event reaches us a little after it
happened; `EventClock` estimates that delay from the smallest difference seen lately, and so places an event on our
clock even when this process was paused and read it late.
"""

from collections import deque

_REMEMBERED = 64  # events; enough to have seen one without delay
_USUAL_DELAY = 2.0  # seconds an event may take while this process runs normally
_STALL = 1.0  # seconds between two ticks beyond which the process was not running


class EventClock:
    """Places Asterisk's times on the monotonic clock. All arguments and results are seconds."""

    def __init__(self) -> None:
        self._offsets: deque[float] = deque(maxlen=_REMEMBERED)
        self._last_tick: float | None = None
        self._stall: tuple[float, float] | None = None

    def tick(self, now: float) -> None:
        """Call several times a second: a gap between two ticks is a pause of the whole process."""
        if self._last_tick is not None and now - self._last_tick > _STALL:
            self._stall = (self._last_tick, now)
        self._last_tick = now

    def place(self, at: float, now: float) -> float:
        """When, on our clock, something with Asterisk's time `at` happened that we read at `now`."""
        earliest = self._earliest(now)
        offset = now - at
        if not self._offsets:
            self._offsets.append(offset)
            return now
        guess = at + min(self._offsets)
        if guess < earliest:
            # No delay explains this: Asterisk's clock was set back. Learn it anew.
            self._offsets.clear()
            self._offsets.append(offset)
            return now
        self._offsets.append(offset)
        return min(guess, now)

    def when(self, at: float, now: float) -> float:
        """When, on our clock, Asterisk's time `at` was, however long ago; `now` if nothing is known of its clock."""
        return min(at + min(self._offsets), now) if self._offsets else now

    def date(self, now: float) -> float | None:
        """Asterisk's time at `now`; None if nothing is known of its clock."""
        return now - min(self._offsets) if self._offsets else None

    def _earliest(self, now: float) -> float:
        if self._last_tick is not None and now - self._last_tick > _STALL:
            return self._last_tick - _USUAL_DELAY
        if self._stall and now - self._stall[1] <= _STALL:
            return self._stall[0] - _USUAL_DELAY
        return now - _USUAL_DELAY
