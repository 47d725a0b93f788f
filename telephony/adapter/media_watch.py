"""Tells a node that carries no sound any more from one silent phone: then all its calls fall silent at once.

Asterisk ends a leg that was silent for so long (`rtp_timeout`). Where every other call of the node is ended for the same
reason within a few seconds, it was no party's doing. Where there is no other, it was not if both legs were silent
(`packet_watch`).
"""

import asyncio
from collections.abc import Callable
from typing import Any

WINDOW_SECONDS = 3.0  # Asterisk looks at its legs about once a second, each in its own time
SHOWN_SECONDS = 900.0  # how long staff are told


class MediaWatch:
    """The joined calls of one node. Times are of the event loop's monotonic clock."""

    def __init__(self) -> None:
        self._calls: dict[str, Callable[[], bool]] = {}  # whether it would have fallen silent, too
        self._silent: dict[str, float] = {}  # since when
        self._failed_at: float | None = None
        self._failed_calls: set[str] = set()

    def enter(self, call_id: str, is_witness: Callable[[], bool]) -> None:
        """A call is joined. `is_witness`: whether sound on it now says that the node carries sound: neither party has it
        on hold, and it has been joined for longer than silence is let pass.
        """
        self._calls[call_id] = is_witness

    def leave(self, call_id: str) -> None:
        """It is over."""
        self._calls.pop(call_id, None)

    def is_alone(self, call_id: str) -> bool:
        """Whether no other call would show that the node carries sound."""
        return not self._witnesses() - {call_id}

    async def is_node_fault(self, call_id: str, *, are_both_legs_silent: bool) -> bool:
        """A leg of this call was ended for its silence: whether all others are as well, known after a few seconds. Where
        there are none: whether its other leg was.
        """
        now = asyncio.get_running_loop().time()
        self._silent = {name: at for name, at in self._silent.items() if now - at <= WINDOW_SECONDS}
        self._silent[call_id] = now
        witnesses = self._witnesses()
        if not witnesses and len(self._silent) == 1:
            if are_both_legs_silent:
                self._note_fault(now, {call_id})
            return are_both_legs_silent
        silent_before = set(self._silent)
        await asyncio.sleep(WINDOW_SECONDS)
        silent = silent_before | {name for name, at in self._silent.items() if at >= now}
        if len(silent) == 1 or (witnesses & self._witnesses()) - silent:
            return False
        self._note_fault(now, silent)
        return True

    def _note_fault(self, now: float, silent: set[str]) -> None:
        if self._failed_at is None or now - self._failed_at > SHOWN_SECONDS:
            self._failed_calls = set()
        self._failed_at = now
        self._failed_calls |= silent

    def health(self) -> dict[str, Any]:
        """How long ago the node carried no sound, and in how many calls; empty if it was not lately."""
        now = asyncio.get_running_loop().time()
        if self._failed_at is None or now - self._failed_at > SHOWN_SECONDS:
            return {}
        return {"silent_seconds_ago": round(now - self._failed_at), "silent_calls": len(self._failed_calls)}

    def _witnesses(self) -> set[str]:
        return {name for name, is_witness in self._calls.items() if name not in self._silent and is_witness()}
