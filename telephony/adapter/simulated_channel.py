"""A channel of the simulated switch, with what is still to happen on it."""

import asyncio
import json
from collections.abc import Callable
from dataclasses import dataclass, field

from telephony.adapter.simulated_phones import Behaviour


@dataclass(eq=False)
class Channel:
    """One leg or whisper channel."""

    channel_id: str
    name: str
    behaviour: Behaviour | None = None
    number: str = field(default="", repr=False)
    variables: dict[str, str] = field(default_factory=dict)
    caller_id: str = field(default="", repr=False)  # what its phone shows
    timers: dict[str, asyncio.TimerHandle] = field(default_factory=dict)
    bridge_id: str = ""
    playback_id: str = ""
    is_quiet: asyncio.Event = field(default_factory=asyncio.Event)
    snoops_on: str = ""
    is_holding: bool = False
    finish_recording: Callable[[], None] | None = None  # while its phone is recorded
    silent_at: float | None = None  # of the event loop's clock: since when its phone sends nothing

    def heard(self, sound: str) -> str:
        """A line of JSON: a sound that its phone plays, and the number that it shows."""
        return json.dumps({"number": self.number, "caller_id": self.caller_id, "sound": sound}) + "\n"

    def after(self, what: str, seconds: float, act: Callable[[], None]) -> None:
        """Let `act` happen; it takes the place of another `what` that has not happened yet."""
        self.cancel(what)
        self.timers[what] = asyncio.get_running_loop().call_later(seconds, act)

    def cancel(self, what: str) -> None:
        if timer := self.timers.pop(what, None):
            timer.cancel()

    def cancel_all(self) -> None:
        for timer in self.timers.values():
            timer.cancel()
