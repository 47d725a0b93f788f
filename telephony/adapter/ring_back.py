"""What the customer hears from their 1 until the operator is there: whom they call at what price, then ring-back.

It sounds beside the call, so the operator's phone is dialed at once and nothing waits for a sentence to end.
"""

import asyncio
import logging
from collections.abc import Sequence

from telephony.adapter import ids
from telephony.adapter.call import Call
from telephony.adapter.switch import Kind, SwitchError, SwitchEvent
from telephony.states import Leg

log = logging.getLogger(__name__)

SENTENCES_SECONDS = 40.0  # the longest that is waited for before ring-back sounds
_STOP_SECONDS = 4.0  # longer than the switch takes for a request


class RingBack:
    """Begins to sound when it is made; `stop` before anything else is played to the customer."""

    def __init__(self, call: Call, sounds: Sequence[str]) -> None:
        self._call = call
        self._sounds = sounds
        self._playback = ""
        self._finished: asyncio.Future[SwitchEvent] | None = None
        self._stopped = asyncio.Event()
        self._task = call.spawn(self._sound)

    async def stop(self) -> None:
        """Silence. Where the customer is gone there is nothing to silence."""
        self._stopped.set()
        switch = self._call.services.switch
        try:
            if self._finished is not None:
                self._finished.cancel()
                await switch.stop_playback(self._playback)
            await asyncio.wait({self._task}, timeout=_STOP_SECONDS)
            await switch.stop_ringing(self._call.channel(Leg.CUSTOMER))
        except SwitchError as error:
            log.info("%s: ring-back could not be stopped: %s", self._call.call_id, error)

    async def _sound(self) -> None:
        call, customer = self._call, self._call.channel(Leg.CUSTOMER)
        switch = call.services.switch
        media = await call.services.prompts.resolve(self._sounds)
        if media and not self._stopped.is_set():
            playback = ids.playback_id(call.call_id, call.next_serial())
            finished = call.expect(Kind.PLAYBACK_FINISHED, playback)
            await switch.play(customer, playback, media)
            if self._stopped.is_set():
                await switch.stop_playback(playback)
                return
            self._playback, self._finished = playback, finished
            await asyncio.wait({finished}, timeout=SENTENCES_SECONDS)
        if not self._stopped.is_set():
            await switch.ring(customer)
