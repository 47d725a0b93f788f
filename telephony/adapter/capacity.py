"""How much one node takes: calls at once, and new ones a second to the trunk. Refused beyond, in words of its own.

A call that begins dials two phones, a spoken code or a recording one; each counts as one here. Measured: docs/performance.md.
"""

import asyncio
from collections import deque
from typing import Any

from telephony.adapter.config import AdapterConfig
from telephony.adapter.readiness import Refusal
from telephony.adapter.trunks import Trunks

LEGS = 2  # of a call, each a channel on a trunk
BUSIEST_WITHIN_SECONDS = 300  # how far back the busiest second is told: staff look now and then


class Capacity:
    """The limits of one node. Times are of the event loop's monotonic clock."""

    def __init__(self, config: AdapterConfig) -> None:
        self._max_calls, self._per_second = config.max_calls, config.calls_per_second
        self.trunks = Trunks(ringing_within=config.ringing_within_seconds)
        self.rtp_ports = 0  # of the switch, once it said
        self._begun: deque[float] = deque()  # within the last second
        self._busiest: deque[tuple[float, int]] = deque()  # when, and how many had begun in the second before

    def take(self, calls: int) -> None:
        """A call begins beside so many others. Raises Refusal: `full`, or `too_fast` (try again in a second)."""
        if calls >= self._max_calls or not self.trunks.has_room(LEGS):
            raise Refusal(503, "full")
        self._begin()

    def take_one(self, *, is_full: bool) -> None:
        """A call to one phone begins; `is_full`: as many of its kind run already as may. Raises Refusal as `take` does."""
        if is_full or not self.trunks.has_room(1):
            raise Refusal(503, "full")
        self._begin()

    def health(self) -> dict[str, Any]:
        """The limits, and the most calls that began within a second lately."""
        self._forget(asyncio.get_running_loop().time())
        return {
            "max_calls": self._max_calls,
            **({"rtp_ports": self.rtp_ports} if self.rtp_ports else {}),
            "calls_per_second": max((count for _, count in self._busiest), default=0),
            "max_calls_per_second": self._per_second,
            "trunks": self.trunks.health(),
        }

    def _begin(self) -> None:
        now = asyncio.get_running_loop().time()
        self._forget(now)
        if len(self._begun) >= self._per_second:
            raise Refusal(503, "too_fast")
        self._begun.append(now)
        # Smaller ones before it are of no interest any more.
        while self._busiest and self._busiest[-1][1] <= len(self._begun):
            self._busiest.pop()
        self._busiest.append((now, len(self._begun)))

    def _forget(self, now: float) -> None:
        while self._begun and self._begun[0] <= now - 1:
            self._begun.popleft()
        while self._busiest and self._busiest[0][0] <= now - BUSIEST_WITHIN_SECONDS:
            self._busiest.popleft()
