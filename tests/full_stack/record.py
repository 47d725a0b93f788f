"""Follows Asterisk's event record while it is written: when both parties were joined, as soon as it is known."""

import asyncio
from collections import defaultdict
from pathlib import Path

from tests.lab import cel

LOOK_SECONDS = 0.02


class Record:
    """The CEL file of one node, read once and then only what is new."""

    def __init__(self, file: Path) -> None:
        self.file = file
        self._by_bridge: defaultdict[str, list[cel.Caller]] = defaultdict(list)
        self._read = 0
        self._rest = ""

    def _look(self) -> None:
        """Read what is new."""
        if self.file.exists():
            with self.file.open() as file:
                file.seek(self._read)
                text = self._rest + file.read()
                self._read = file.tell()
            whole, newline, self._rest = text.rpartition("\n")
            for caller in cel.parse(whole + newline):
                if bridge := caller.extra.get("bridge_id"):
                    self._by_bridge[bridge].append(caller)

    def joined(self, call_id: str) -> cel.Joined | None:
        """When the parties of this call were joined, if they were."""
        self._look()
        return cel.joined_in(self._by_bridge.get(f"{call_id}-br", []), f"{call_id}-br")

    def joined_calls(self) -> list[str]:
        """The ids of all calls whose parties were ever joined."""
        self._look()
        calls = sorted(name.removesuffix("-br") for name in self._by_bridge if name.startswith("call_"))
        return [call_id for call_id in calls if self.joined(call_id)]

    async def until_joined(self, call_id: str, seconds: float = 60) -> float:
        """The moment of joining, epoch seconds. Raises TimeoutError."""
        async with asyncio.timeout(seconds):
            while True:
                if joined := self.joined(call_id):
                    return joined.joined_at.timestamp()
                await asyncio.sleep(LOOK_SECONDS)

    async def until_left(self, call_id: str, seconds: float = 60) -> cel.Joined:
        """The whole talk, once its end is recorded. Raises TimeoutError."""
        async with asyncio.timeout(seconds):
            while True:
                joined = self.joined(call_id)
                if joined and joined.left_at:
                    return joined
                await asyncio.sleep(LOOK_SECONDS)
