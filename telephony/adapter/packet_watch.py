"""Tells a call whose two legs fell silent together from one silent phone, where no other call can say so.

Asterisk ends the leg whose silence it notices first, and the other goes with it at once. So while a call is the only one
of its node that would show it, the packets of both its legs are counted a few times within the silence that is let pass.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from telephony.adapter.call import Call
from telephony.adapter.switch import SwitchError
from telephony.states import Leg

LOOKS = 4  # within the silence that is let pass


@dataclass(frozen=True, slots=True)
class Count:
    """How many packets had come from a leg at `at` (monotonic seconds)."""

    at: float
    packets: int


def was_silent(counts: Iterable[Count], since: float) -> bool:
    """Whether no packet came after `since`, as far as two looks or more tell; False where there were fewer. Pure."""
    packets = [count.packets for count in counts if count.at >= since]
    return len(packets) >= 2 and packets[0] == packets[-1]


class PacketWatch:
    """The packets of one joined call. `is_needed`: whether nobody else would notice that the node carries no sound."""

    def __init__(self, call: Call, is_needed: Callable[[], bool]) -> None:
        self._call = call
        self._is_needed = is_needed
        self._counts = {leg: deque[Count](maxlen=LOOKS + 2) for leg in Leg}

    async def run(self) -> None:
        """Look now and then, for as long as the call lasts."""
        while True:
            await asyncio.sleep(self._call.record.silence / LOOKS)
            if self._is_needed():
                await self._look()

    def are_both_silent(self, gone: Leg, left_mono: float) -> bool:
        """Whether the other leg was as silent as `gone`, which the switch ended for its silence at `left_mono`."""
        other = Leg.OPERATOR if gone is Leg.CUSTOMER else Leg.CUSTOMER
        return was_silent(self._counts[other], left_mono - self._call.record.silence)

    async def _look(self) -> None:
        for leg, counts in self._counts.items():
            try:
                packets = await self._call.services.switch.received_packets(self._call.channel(leg))
            except SwitchError:
                continue  # it is away, or the leg is gone
            counts.append(Count(self._call.now(), packets))
