"""Calls that speak a code: ring one phone, play the sounds, hang up. No bridge, no charge, no journal, no report.

What became of it can be asked for as long as this process remembers (`outcome`). If this process dies, the channel is a stray and the next sweep ends it;
Asterisk's own limit ends it at the latest.
"""

import asyncio
import logging
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from telephony.adapter.prompts import Prompts
from telephony.adapter.switch import Dial, Kind, Switch, SwitchError, SwitchEvent
from telephony.call_plan import Verification

log = logging.getLogger(__name__)

RING_SECONDS = 30
SPEAK_SECONDS = 60.0
AT_ONCE = 20
_REMEMBERED = 1000  # ids of which a repeat is recognised
_MARGIN_SECONDS = 5.0
_SAY = "-say"


class Progress(StrEnum):
    """How far such a call has come."""

    RINGING = "ringing"
    SPEAKING = "speaking"
    SPOKEN = "spoken"  # the phone was answered and heard it, or hung up meanwhile
    NOT_REACHED = "not_reached"  # nobody answered, or whoever is on the way refused: the cause says which
    FAILED = "failed"  # the switch would not


@dataclass(slots=True)
class Outcome:
    """What is known of one. `cause`: Q.850, as Asterisk told it, of a phone that was not reached."""

    progress: Progress = Progress.RINGING
    cause: int | None = None

    def describe(self) -> dict[str, Any]:
        return {"state": str(self.progress), "cause": self.cause}


class Verifications:
    """The code calls of one adapter. The channel of each is named after its id."""

    def __init__(self, switch: Switch, prompts: Prompts) -> None:
        self._switch = switch
        self._prompts = prompts
        self._inboxes: dict[str, asyncio.Queue[SwitchEvent]] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._outcomes: dict[str, Outcome] = {}  # the oldest first

    @property
    def is_full(self) -> bool:
        return len(self._tasks) >= AT_ONCE

    def knows(self, verification_id: str) -> bool:
        """Whether this one was started before."""
        return verification_id in self._outcomes

    def outcome(self, verification_id: str) -> Outcome | None:
        """What became of it; None if nothing is known of it any more."""
        return self._outcomes.get(verification_id)

    def start(self, request: Verification) -> None:
        """Ring the phone; returns at once."""
        self._outcomes[request.verification_id] = Outcome()
        if len(self._outcomes) > _REMEMBERED:
            del self._outcomes[next(iter(self._outcomes))]
        self._inboxes[request.verification_id] = asyncio.Queue()
        task = asyncio.create_task(self._speak(request))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def deliver(self, event: SwitchEvent) -> bool:
        """Take an event of one of our channels; False if it is none."""
        inbox = self._inboxes.get(event.playback_id.removesuffix(_SAY) or event.channel_id)
        if inbox is None:
            return False
        inbox.put_nowait(event)
        return True

    async def stop(self) -> None:
        """End them all."""
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _speak(self, request: Verification) -> None:
        channel, outcome = request.verification_id, self._outcomes[request.verification_id]
        limit = RING_SECONDS + SPEAK_SECONDS + _MARGIN_SECONDS
        dial = Dial(
            channel_id=channel,
            number=request.number,
            caller_id=request.caller_id,
            ring_seconds=RING_SECONDS,
            app_args=f"code,{channel}",
            variables={"CHANNEL(accountcode)": channel, "TIMEOUT(absolute)": str(int(limit))},
        )
        try:
            await self._switch.originate(dial)
            if await self._happens(channel, Kind.STASIS_START, RING_SECONDS + _MARGIN_SECONDS):
                outcome.progress = Progress.SPEAKING
                media = await self._prompts.resolve(request.sounds)
                await self._switch.play(channel, channel + _SAY, media)
                await self._happens(channel, Kind.PLAYBACK_FINISHED, SPEAK_SECONDS)
                outcome.progress = Progress.SPOKEN
            else:
                outcome.progress = Progress.NOT_REACHED
        except SwitchError as error:
            outcome.progress = Progress.FAILED
            log.warning("%s: %s", channel, error)
        finally:
            await self._release(channel)

    async def _happens(self, channel: str, kind: Kind, seconds: float) -> bool:
        """Wait for this event; False if the phone is gone first or the time is over."""
        try:
            async with asyncio.timeout(seconds):
                while True:
                    event = await self._inboxes[channel].get()
                    if event.kind is Kind.DESTROYED:
                        self._outcomes[channel].cause = event.cause
                    if event.kind in (kind, Kind.DESTROYED):
                        return event.kind is kind
        except TimeoutError:
            return False

    async def _release(self, channel: str) -> None:
        try:
            await self._switch.hangup(channel)
        except SwitchError as error:
            log.warning("%s stays until its limit: %s", channel, error)
        del self._inboxes[channel]
