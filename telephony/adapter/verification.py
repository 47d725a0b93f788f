"""Calls that speak a code: ring one phone, play the sounds, hang up. No bridge, no charge, no journal, no report.

What became of it can be asked for as long as this process remembers (`outcome`). If this process dies, the channel is a stray and the next sweep ends it;
Asterisk's own limit ends it at the latest.
"""

import asyncio
import logging
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from telephony.adapter import end_reasons
from telephony.adapter.prompts import Prompts
from telephony.adapter.switch import (
    Dial,
    Kind,
    Switch,
    SwitchError,
    SwitchEvent,
    SwitchSilent,
    SwitchUnavailable,
)
from telephony.adapter.trunk import Trunk
from telephony.adapter.trunks import Trunks
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
    """What is known of one. `cause`: Q.850, as Asterisk told it, of a phone that was not reached; `sip`: the answer behind it."""

    progress: Progress = Progress.RINGING
    cause: int | None = None
    sip: int | None = None

    def describe(self) -> dict[str, Any]:
        return {"state": str(self.progress), "cause": self.cause}


class Verifications:
    """The code calls of one adapter. The channel of each is named after its id."""

    def __init__(self, switch: Switch, prompts: Prompts, trunks: Trunks) -> None:
        self._switch = switch
        self._prompts = prompts
        self._trunks = trunks
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
        try:
            if await self._reach(request):
                outcome.progress = Progress.SPEAKING
                media = await self._prompts.resolve(request.sounds)
                await self._switch.play(channel, channel + _SAY, media)
                await self._until(channel, SPEAK_SECONDS, Kind.PLAYBACK_FINISHED)
                outcome.progress = Progress.SPOKEN
            else:
                outcome.progress = Progress.NOT_REACHED
        except SwitchError as error:
            outcome.progress = Progress.FAILED
            log.warning("%s: %s", channel, error)
        finally:
            await self._release(channel)

    async def _reach(self, request: Verification) -> bool:
        """Ring the phone, by one trunk after the other as `dialing.ring` does; False if it was not answered."""
        channel, outcome, tried = request.verification_id, self._outcomes[request.verification_id], set[str]()
        refusal: SwitchError | None = None
        while (trunk := await self._trunks.take(channel, tried)) is not None:
            tried.add(trunk.name)
            try:
                await self._dial(request, trunk)
            except (SwitchSilent, SwitchUnavailable):
                raise
            except SwitchError as error:
                refusal = error
                self._trunks.note_refusal(trunk, "not reachable", is_silent=False)
                continue
            within = (
                self._trunks.ringing_within
                if self._trunks.has_other(tried)
                else RING_SECONDS + _MARGIN_SECONDS
            )
            kind = await self._until(channel, within, Kind.RINGING, Kind.STASIS_START)
            if kind is Kind.RINGING:
                kind = await self._until(channel, RING_SECONDS + _MARGIN_SECONDS, Kind.STASIS_START)
            elif kind is Kind.DESTROYED and end_reasons.is_not_taken(outcome.sip):
                self._trunks.note_refusal(trunk, f"SIP {outcome.sip}", is_silent=False)
                continue
            elif kind is None and self._trunks.has_other(tried):
                self._trunks.note_refusal(trunk, "no answer", is_silent=True)
                await self._switch.hangup(channel)
                if (
                    await self._until(channel, _MARGIN_SECONDS, Kind.RINGING, Kind.STASIS_START)
                    is Kind.DESTROYED
                ):
                    continue
            return kind is Kind.STASIS_START
        if refusal is not None and outcome.cause is None:
            raise refusal
        return False

    async def _dial(self, request: Verification, trunk: Trunk) -> None:
        channel = request.verification_id
        limit = RING_SECONDS + SPEAK_SECONDS + _MARGIN_SECONDS
        await self._switch.originate(
            Dial(
                channel_id=channel,
                number=request.number,
                caller_id=request.caller_id,
                ring_seconds=RING_SECONDS,
                app_args=f"code,{channel}",
                variables={"CHANNEL(accountcode)": channel, "TIMEOUT(absolute)": str(int(limit))},
                trunk=trunk,
            )
        )

    async def _until(self, channel: str, seconds: float, *kinds: Kind) -> Kind | None:
        """Wait for one of these events or the end of the channel; None if the time is over."""
        outcome = self._outcomes[channel]
        try:
            async with asyncio.timeout(seconds):
                while True:
                    event = await self._inboxes[channel].get()
                    if event.kind is Kind.DESTROYED:
                        outcome.cause, outcome.sip = event.cause, event.sip
                    if event.kind in (*kinds, Kind.DESTROYED):
                        return event.kind
        except TimeoutError:
            return None

    async def _release(self, channel: str) -> None:
        try:
            await self._switch.hangup(channel)
        except SwitchError as error:
            log.warning("%s stays until its limit: %s", channel, error)
        del self._inboxes[channel]
