"""What the customer alone hears over the talk: warnings, the offer to add funds by a key, and what became of it.

A whisper goes through a snoop channel: the talk goes on and the operator hears nothing of it. While the channel is open,
keys are events and don't reach the other party (`Switch.add_to_bridge`); at any other time the key means nothing to us.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any

from telephony.adapter import ids
from telephony.adapter.call import Call
from telephony.adapter.prompts import WARNING_TONE, WARNING_TONE_SECONDS
from telephony.adapter.switch import Kind, SwitchError, SwitchEvent
from telephony.call_plan import sounds_in
from telephony.events import AddFunds
from telephony.states import Leg

log = logging.getLogger(__name__)

ADD_FUNDS_KEY = "5"
KEY_SECONDS = 12.0  # to press it once the offer was spoken
LEAST_LEFT_SECONDS = 10  # money would hardly come in time for an offer made later
ANSWER_SECONDS = 2.0  # that a warning waits for the answer to what may be offered with it; web can be busy
WHISPER_SECONDS = 10.0
OPEN_SECONDS = 2.0


class Whispers:
    """Of one joined call, one at a time."""

    def __init__(self, call: Call) -> None:
        self._call = call
        self._turn = asyncio.Lock()
        self._warning: asyncio.Task[None] | None = None
        self._offer: list[str] = []
        self._warned_total = 0
        self._offered_total = 0  # the grant at whose end funds were offered

    def may_offer(self, mark: int) -> bool:
        """Whether the warning with `mark` seconds left can come with an offer: once for each final grant."""
        grants = self._call.grants
        if grants.end < grants.total:  # the call ends at the time its customer chose, however much is paid
            return False
        return grants.final and mark >= LEAST_LEFT_SECONDS and grants.total != self._offered_total

    def take_offer(self, answer: Mapping[str, Any]) -> None:
        """Take the sounds of the offer, if Django's answer has any; an older one never does."""
        self._offer = sounds_in(answer.get("add_funds"))

    def warn(self, mark: int, asking: asyncio.Task[None] | None) -> None:
        """Warn of `mark` seconds left, once `asking` has brought the offer."""
        self._warned_total = self._call.grants.total
        self._warning = self._call.spawn(self._warn, mark, asking)

    def stop_warning(self) -> None:
        """What is said of the time left is no longer true, if there is more now."""
        if self._warning is not None and self._call.grants.total > self._warned_total:
            self._warning.cancel()

    async def say(self, sounds: Sequence[str]) -> None:
        """Let the customer hear this, after what they hear now."""
        if media := await self._call.services.prompts.resolve(sounds):
            async with self._turn, self._channel() as channel:
                await self._call.play_to_end(channel, media, WHISPER_SECONDS)

    async def _warn(self, mark: int, asking: asyncio.Task[None] | None) -> None:
        call, prompts = self._call, self._call.services.prompts
        if asking is not None:
            await asyncio.wait({asking}, timeout=ANSWER_SECONDS)
        offer, self._offer = self._offer, []
        media = await prompts.resolve(call.record.warnings.get(f"warning_{mark}", []))
        offered = await prompts.resolve(offer)
        async with self._turn, self._channel() as channel:
            await self._speak(channel, media)
            if offered and len(offered) == len(offer):  # a node of before lacks some of the words
                self._offered_total = call.grants.total
                if pressed := await self._key(channel, offered):
                    at = call.services.django_time(pressed.at, pressed.received_mono)
                    call.report(AddFunds(), at)

    async def _speak(self, channel: str, media: list[str]) -> None:
        call = self._call
        if media:
            await call.play_to_end(channel, media, WHISPER_SECONDS)
        else:
            playback = ids.playback_id(call.call_id, call.next_serial())
            await call.services.switch.play(channel, playback, [WARNING_TONE])
            await asyncio.sleep(WARNING_TONE_SECONDS)
            await call.services.switch.stop_playback(playback)

    async def _key(self, channel: str, offered: list[str]) -> SwitchEvent | None:
        """The customer's press of the key, while the offer is spoken or soon after; other keys mean nothing."""
        call, customer = self._call, self._call.channel(Leg.CUSTOMER)
        playback = ids.playback_id(call.call_id, call.next_serial())
        spoken = call.expect(Kind.PLAYBACK_FINISHED, playback)
        await call.services.switch.play(channel, playback, offered)
        until, waits_for = call.now() + WHISPER_SECONDS, {spoken}
        while True:
            pressed = call.expect(Kind.DTMF, customer)
            done, _ = await asyncio.wait(
                {pressed, *waits_for}, timeout=until - call.now(), return_when=asyncio.FIRST_COMPLETED
            )
            if pressed in done and pressed.result().digit == ADD_FUNDS_KEY:
                return pressed.result()
            if spoken in done:
                waits_for, until = set(), call.now() + KEY_SECONDS
            if call.now() >= until:
                pressed.cancel()
                return None

    @asynccontextmanager
    async def _channel(self) -> AsyncIterator[str]:
        """A whisper channel to the customer. Raises SwitchError."""
        call, switch = self._call, self._call.services.switch
        snoop = ids.snoop_id(call.call_id, call.next_serial())
        ready = call.expect(Kind.STASIS_START, snoop)
        try:
            await switch.snoop(call.channel(Leg.CUSTOMER), snoop)
            try:
                async with asyncio.timeout(OPEN_SECONDS):
                    await ready
            except TimeoutError:
                raise SwitchError("the whisper channel did not open") from None
            yield snoop
        finally:
            await asyncio.shield(switch.hangup(snoop))
