"""Which adapter has the switch: the one whose heartbeat goes on in a global variable of Asterisk.

Asterisk gives an application to whoever connects last. So that a newcomer takes nothing from an adapter that is at work,
each looks before it connects whether another's heartbeat goes on, and waits while it does. No clock is compared: a
heartbeat is alive while it changes.
"""

import asyncio

from telephony.adapter.switch import Switch

OWNER = "AEIMS_ADAPTER"
SILENT_SECONDS = (
    12.0  # a heartbeat that has not changed for so long is a dead adapter's; they come every five seconds
)


class Ownership:
    """The heartbeat of one adapter and its view of another's. Every method may raise SwitchError."""

    def __init__(self, switch: Switch, adapter_id: str) -> None:
        self._switch = switch
        self._id = adapter_id
        self._beats = 0
        self._seen = ""
        self._seen_at = 0.0

    async def beat(self) -> None:
        """Say that we are here."""
        self._beats += 1
        await self._switch.set_global(OWNER, f"{self._id} {self._beats}")

    async def release(self) -> None:
        """Let the next one begin without waiting."""
        if await self._is_ours():
            await self._switch.set_global(OWNER, "")

    async def is_taken(self) -> bool:
        """Whether another adapter is at work, or may be: known once its heartbeat was looked at for a while."""
        if await self._is_ours():
            return False
        now = asyncio.get_running_loop().time()
        if self._value != self._seen:
            self._seen, self._seen_at = self._value, now
        return bool(self._value) and now - self._seen_at < SILENT_SECONDS

    async def _is_ours(self) -> bool:
        self._value = await self._switch.get_global(OWNER)
        return self._value.partition(" ")[0] == self._id
