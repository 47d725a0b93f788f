"""The trunks of one node: which of them takes the next leg, how much each carries, what was noticed of each.

A leg is tried on one trunk after the other, in their order, until a carrier takes it. One that is full, or as fast as it may
be, is passed over; one that lately left a call without any answer is tried last, so that not every call waits for it.
"""

import asyncio
import math
from collections import deque
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from telephony.adapter.switch import Kind, SwitchEvent
from telephony.adapter.trunk import Trunk, TrunkState, trunk_of

REST_SECONDS = 30.0
PATIENCE_SECONDS = 3.0  # for a trunk that takes no more within this second
_PAUSE_SECONDS = 0.05
_UNSEEN_SECONDS = 5.0  # from the request to dial to the channel that a survey shows


@dataclass(slots=True)
class _Line:
    """One trunk, with what it carries: channel id → when it was taken (monotonic)."""

    trunk: Trunk
    channels: dict[str, float] = field(default_factory=dict)
    begun: deque[float] = field(default_factory=deque)
    silent_at: float | None = None
    refused: int = 0
    reason: str = ""
    state: TrunkState = TrunkState.UNKNOWN

    @property
    def room(self) -> int | None:
        """How many more channels it takes; None: any number."""
        limit = self.trunk.max_channels
        return max(0, limit - len(self.channels)) if limit else None

    def is_free_at(self, now: float) -> bool:
        """Whether one more may begin within this second."""
        while self.begun and self.begun[0] <= now - 1:
            self.begun.popleft()
        return not self.trunk.per_second or len(self.begun) < self.trunk.per_second

    def is_resting(self, now: float) -> bool:
        return self.silent_at is not None and now - self.silent_at < REST_SECONDS


class Trunks:
    """Those of one node. Times are of the event loop's monotonic clock."""

    def __init__(self, *, ringing_within: float = 5.0) -> None:
        self.ringing_within = ringing_within  # seconds from dialing to the carrier's 180 or 183
        self._lines: dict[str, _Line] = {}
        self.learn([Trunk()])

    @property
    def failover_seconds(self) -> int:
        """For how long at most a leg looks for a trunk that takes it, beside the first one."""
        return math.ceil((len(self._lines) - 1) * (self.ringing_within + PATIENCE_SECONDS))

    def learn(self, trunks: Sequence[Trunk]) -> None:
        """What the node has, in order; what is known of one that it still has stays."""
        lines = {}
        for trunk in trunks:
            lines[trunk.name] = self._lines.get(trunk.name) or _Line(trunk)
            lines[trunk.name].trunk = trunk
        self._lines = lines

    def has_room(self, channels: int) -> bool:
        """Whether so many more channels find a trunk."""
        rooms = [line.room for line in self._lines.values()]
        return None in rooms or sum(room or 0 for room in rooms) >= channels

    async def take(self, channel_id: str, tried: Collection[str]) -> Trunk | None:
        """The trunk for the next try of this leg, counted as used; None if there is no other one."""
        loop = asyncio.get_running_loop()
        until = loop.time() + PATIENCE_SECONDS
        while True:
            now = loop.time()
            open_ones = [line for name, line in self._lines.items() if name not in tried and line.room != 0]
            for line in sorted(open_ones, key=lambda line: line.is_resting(now)):
                if line.is_free_at(now):
                    self.release(channel_id)
                    line.channels[channel_id] = now
                    line.begun.append(now)
                    return line.trunk
            if not open_ones or now >= until:
                return None
            await asyncio.sleep(_PAUSE_SECONDS)

    def has_other(self, tried: Collection[str]) -> bool:
        """Whether a trunk is left that was not tried."""
        return not self._lines.keys() <= set(tried)

    def release(self, channel_id: str) -> None:
        """Count this channel no more: it is gone, or was never made."""
        for line in self._lines.values():
            line.channels.pop(channel_id, None)

    def note_refusal(self, trunk: Trunk, reason: str, *, is_silent: bool) -> None:
        """It did not take a call. `is_silent`: it left the call without an answer."""
        if line := self._lines.get(trunk.name):
            line.refused, line.reason = line.refused + 1, reason
            if is_silent:
                line.silent_at = asyncio.get_running_loop().time()

    def note_event(self, event: SwitchEvent) -> None:
        if event.kind is Kind.DESTROYED:
            self.release(event.channel_id)

    def note_survey(self, channels: Mapping[str, str]) -> None:
        """Count again by what lives in the switch: channel id → name."""
        now = asyncio.get_running_loop().time()
        for line in self._lines.values():
            fresh = {name: at for name, at in line.channels.items() if now - at < _UNSEEN_SECONDS}
            living = {one: now for one, name in channels.items() if trunk_of(name) == line.trunk.name}
            line.channels = fresh | living

    def note_states(self, states: Mapping[str, TrunkState]) -> None:
        """What the switch itself knows of each: its name → state."""
        for line in self._lines.values():
            line.state = states.get(line.trunk.name, TrunkState.UNKNOWN)

    def health(self) -> list[dict[str, Any]]:
        """Each trunk in its order, for staff."""
        return [
            {
                "name": line.trunk.name,
                "state": str(line.state),
                "channels": len(line.channels),
                **({"max_channels": line.trunk.max_channels} if line.trunk.max_channels else {}),
                "refused": line.refused,
                "last_refusal": line.reason,
            }
            for line in self._lines.values()
        ]
