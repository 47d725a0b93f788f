"""Calls to one phone alone: ring it, by one trunk after the other, let it hear sounds, hang it up. No bridge, no charge, no journal.

`verification` speaks codes this way, `greeting_calls` records greetings. If this process dies, the channel is a stray and the
next sweep ends it; Asterisk's own limit ends it at the latest.
"""

import asyncio
import logging
from collections.abc import Coroutine, Sequence
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

log = logging.getLogger(__name__)

RING_SECONDS = 30
AT_ONCE = 20
MARGIN_SECONDS = 5.0
_SAY = "-say"


class OnePhone:
    """One such call. Its channel has the name `channel`; `cause` (Q.850) and `sip` say how it ended, once it has.

    `number` and `caller_id` are E.164; `purpose` is in Asterisk's record; the channel lives `seconds` after its answer at most.
    """

    def __init__(
        self,
        switch: Switch,
        trunks: Trunks,
        channel: str,
        *,
        number: str,
        caller_id: str,
        purpose: str,
        seconds: float,
    ) -> None:
        self.channel, self.switch = channel, switch
        self.inbox: asyncio.Queue[SwitchEvent] = asyncio.Queue()
        self.cause: int | None = None
        self.sip: int | None = None
        self.is_gone = False
        self._trunks = trunks
        self._number, self._caller_id = number, caller_id
        self._purpose, self._seconds = purpose, seconds
        self._played = 0

    async def reach(self) -> bool:
        """Ring the phone as `dialing.ring` does; False if it was not answered. Raises SwitchError."""
        tried = set[str]()
        refusal: SwitchError | None = None
        while (trunk := await self._trunks.take(self.channel, tried)) is not None:
            tried.add(trunk.name)
            try:
                await self._dial(trunk)
            except (SwitchSilent, SwitchUnavailable):
                raise
            except SwitchError as error:
                refusal = error
                self._trunks.note_refusal(trunk, "not reachable", is_silent=False)
                continue
            has_other = self._trunks.has_other(tried)
            within = self._trunks.ringing_within if has_other else RING_SECONDS + MARGIN_SECONDS
            kind = await self.until(within, Kind.RINGING, Kind.STASIS_START)
            if kind is Kind.RINGING:
                kind = await self.until(RING_SECONDS + MARGIN_SECONDS, Kind.STASIS_START)
            elif kind is Kind.DESTROYED and end_reasons.is_not_taken(self.sip):
                self._trunks.note_refusal(trunk, f"SIP {self.sip}", is_silent=False)
                continue
            elif kind is None and has_other:
                self._trunks.note_refusal(trunk, "no answer", is_silent=True)
                await self.switch.hangup(self.channel)
                late = await self.until(MARGIN_SECONDS, Kind.RINGING, Kind.STASIS_START)
                if late is Kind.DESTROYED:
                    continue
            return kind is Kind.STASIS_START
        if refusal is not None and self.cause is None:
            raise refusal
        return False

    async def say(self, media: Sequence[str], seconds: float) -> Kind | None:
        """Play this to its end, `seconds` at most; `Kind.DESTROYED` if they hung up. Nothing to play is over at once."""
        if not media:
            return Kind.PLAYBACK_FINISHED
        await self.play(media)
        return await self.until(seconds, Kind.PLAYBACK_FINISHED)

    async def play(self, media: Sequence[str]) -> str:
        """Begin to play this; returns the playback's id. Raises SwitchError."""
        self._played += 1
        playback = f"{self.channel}{_SAY}{self._played}"
        await self.switch.play(self.channel, playback, media)
        return playback

    async def until(self, seconds: float, *kinds: Kind) -> Kind | None:
        """The first of these events, or `Kind.DESTROYED`; None if the time is over."""
        event = await self.event(seconds, *kinds)
        return event.kind if event else None

    async def event(self, seconds: float, *kinds: Kind) -> SwitchEvent | None:
        """As `until`, with all that it says."""
        try:
            async with asyncio.timeout(seconds):
                while True:
                    event = await self.inbox.get()
                    if event.kind is Kind.DESTROYED:
                        self.cause, self.sip, self.is_gone = event.cause, event.sip, True
                    if event.kind in (*kinds, Kind.DESTROYED):
                        return event
        except TimeoutError:
            return None

    async def release(self) -> None:
        """Hang up, if it still lives."""
        try:
            await self.switch.hangup(self.channel)
        except SwitchError as error:
            log.warning("%s stays until its limit: %s", self.channel, error)

    async def _dial(self, trunk: Trunk) -> None:
        limit = int(RING_SECONDS + self._seconds + MARGIN_SECONDS)
        await self.switch.originate(
            Dial(
                channel_id=self.channel,
                number=self._number,
                caller_id=self._caller_id,
                ring_seconds=RING_SECONDS,
                app_args=f"{self._purpose},{self.channel}",
                variables={"CHANNEL(accountcode)": self.channel, "TIMEOUT(absolute)": str(limit)},
                trunk=trunk,
            )
        )


class OnePhoneCalls:
    """Those of one kind that run in one adapter. The channel of each is named after its id."""

    def __init__(self, switch: Switch, prompts: Prompts, trunks: Trunks) -> None:
        self._switch = switch
        self._prompts = prompts
        self._trunks = trunks
        self._phones: dict[str, OnePhone] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def is_full(self) -> bool:
        return len(self._phones) >= AT_ONCE

    def deliver(self, event: SwitchEvent) -> bool:
        """Take an event of one of our channels; False if it is none."""
        phone = self._phones.get(event.playback_id.partition(_SAY)[0] or event.channel_id)
        if phone is None:
            return False
        phone.inbox.put_nowait(event)
        return True

    async def stop(self) -> None:
        """End them all."""
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _begin(self, phone: OnePhone, work: Coroutine[Any, Any, None]) -> None:
        """Let `work` make this call; returns at once."""
        self._phones[phone.channel] = phone
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _end(self, phone: OnePhone) -> None:
        await phone.release()
        del self._phones[phone.channel]
