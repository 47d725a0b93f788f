"""Calls that record an operator's greeting: ring their phone, record after a tone, play it back, ask for 1 or 2 (`one_phone`).

Only a recording that was kept by 1 leaves the node, once, to web; then, or when the call ends without a 1, it is deleted here.
Django is told how far the call is as well: of that, only the end is repeated until it is heard, and not for ever, because web
gives up a call of which it hears nothing more.
"""

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import replace

from telephony.adapter.one_phone import OnePhone, OnePhoneCalls
from telephony.adapter.prompts import WARNING_TONE, WARNING_TONE_SECONDS, Prompts
from telephony.adapter.reporter import FACT_SECONDS, FINAL_STATUSES, QUESTION_SECONDS, Reporter
from telephony.adapter.switch import Kind, Switch, SwitchError
from telephony.adapter.trunks import Trunks
from telephony.greeting_wire import (
    GREETING_ID_PATTERN,
    MAX_SECONDS,
    MAX_SOUND_BYTES,
    GreetingCallPlan,
    GreetingEvent,
)
from telephony.states import GreetingCallEnd, GreetingCallState

log = logging.getLogger(__name__)

KEEP_KEY, AGAIN_KEY = "1", "2"
TALK_SECONDS = 240.0  # of the whole call, once it is answered
TAKES, ASK_TIMES = 5, 2
KEY_SECONDS, PROMPT_SECONDS = 6.0, 30.0
_LEAST_BYTES = 16_000 + 44  # a second
_PAUSES = (0.5, 1, 2, 4, 8, 15, 30, 30)  # between the tries to tell of an end, seconds
_REMEMBERED = 1000
_CAUSES = {
    17: GreetingCallEnd.BUSY,
    21: GreetingCallEnd.BUSY,
    19: GreetingCallEnd.NO_ANSWER,
    18: GreetingCallEnd.NO_ANSWER,
    None: GreetingCallEnd.NO_ANSWER,
}


class _Ended(Exception):
    """The call comes to nothing, for this reason."""

    def __init__(self, why: GreetingCallEnd) -> None:
        super().__init__(str(why))
        self.why = why


class GreetingCalls(OnePhoneCalls):
    """Those of one adapter; `url` is where web takes their events."""

    def __init__(
        self, switch: Switch, prompts: Prompts, trunks: Trunks, reporter: Reporter, url: str
    ) -> None:
        super().__init__(switch, prompts, trunks)
        self._reporter, self._url = reporter, url
        self._last: dict[str, int] = {}  # greeting id → the sequence of its last event; the oldest first
        self._telling: set[asyncio.Task[None]] = set()

    def knows(self, greeting_id: str) -> bool:
        """Whether this one was started before."""
        return greeting_id in self._last

    def start(self, plan: GreetingCallPlan) -> None:
        """Ring the phone; returns at once."""
        self._last[plan.greeting_id] = 0
        if len(self._last) > _REMEMBERED:
            del self._last[next(iter(self._last))]
        phone = OnePhone(
            self._switch,
            self._trunks,
            plan.greeting_id,
            number=plan.number,
            caller_id=plan.caller_id,
            purpose="greeting",
            seconds=TALK_SECONDS,
        )
        self._begin(phone, self._make(phone, plan))

    async def delete_strays(self) -> None:
        """Delete what an earlier life of ours left on the switch."""
        try:
            for name in await self._switch.recordings():
                if GREETING_ID_PATTERN.fullmatch(name) and name not in self._phones:
                    await self._switch.delete_recording(name)
        except SwitchError as error:
            log.warning("recordings of before stay until the next connection: %s", error)

    async def _make(self, phone: OnePhone, plan: GreetingCallPlan) -> None:
        """One call from the first ring to the event that ends it."""
        try:
            last = await self._record(phone, plan)
        finally:
            await self._forget_recording(phone.channel)
            await self._end(phone)
        await self._deliver(last)

    async def _record(self, phone: OnePhone, plan: GreetingCallPlan) -> GreetingEvent:
        """The event that ends the call; with the recording if 1 was pressed."""
        greeting_id = plan.greeting_id
        try:
            if not await phone.reach():
                raise _Ended(_CAUSES.get(phone.cause, GreetingCallEnd.UNREACHABLE))
            async with asyncio.timeout(TALK_SECONDS):
                sound = await self._take(phone, plan)
            await self._say(phone, plan.prompts["kept"])  # they may hang up meanwhile
            return self._event(greeting_id, GreetingCallState.KEPT, sound=sound)
        except _Ended as ended:
            why = ended.why
            if why in (GreetingCallEnd.TOO_SHORT, GreetingCallEnd.NO_KEY):
                await self._say(phone, plan.prompts["given_up"])
        except TimeoutError:
            why = GreetingCallEnd.NO_KEY
        except SwitchError as error:
            # What was asked of a channel that is gone fails, too.
            gone = phone.is_gone or await phone.until(0.5) is Kind.DESTROYED
            why = GreetingCallEnd.HUNG_UP if gone else GreetingCallEnd.FAILED
            log.warning("%s: %s", greeting_id, error)
        return self._event(greeting_id, GreetingCallState.ENDED, why=why)

    async def _take(self, phone: OnePhone, plan: GreetingCallPlan) -> bytes:
        """The recording for which 1 was pressed. Raises _Ended, SwitchError."""
        prompts, why = plan.prompts, GreetingCallEnd.NO_KEY
        before = prompts["ask"]
        for _ in range(TAKES):
            self._tell(self._event(plan.greeting_id, GreetingCallState.RECORDING))
            _require(await phone.say(await self._prompts.resolve(before), PROMPT_SECONDS))
            sound = await self._one_take(phone)
            if len(sound) < _LEAST_BYTES:
                before, why = [*prompts["too_short"], *prompts["ask"]], GreetingCallEnd.TOO_SHORT
                continue
            self._tell(self._event(plan.greeting_id, GreetingCallState.REVIEWING))
            if await self._is_kept(phone, plan):
                return sound
            before, why = prompts["ask"], GreetingCallEnd.NO_KEY
        raise _Ended(why)

    async def _one_take(self, phone: OnePhone) -> bytes:
        """The tone, then what they say until # or the time is over."""
        tone = await phone.play([WARNING_TONE])
        await asyncio.sleep(WARNING_TONE_SECONDS)
        await self._switch.stop_playback(tone)
        _require(await phone.until(PROMPT_SECONDS, Kind.PLAYBACK_FINISHED))
        await self._switch.record(phone.channel, phone.channel, MAX_SECONDS)
        kind = await phone.until(MAX_SECONDS + PROMPT_SECONDS, Kind.RECORDING_FINISHED, Kind.RECORDING_FAILED)
        if kind is not Kind.RECORDING_FINISHED:
            raise _Ended(GreetingCallEnd.HUNG_UP if kind is Kind.DESTROYED else GreetingCallEnd.FAILED)
        return await self._switch.recording(phone.channel, MAX_SOUND_BYTES)

    async def _is_kept(self, phone: OnePhone, plan: GreetingCallPlan) -> bool:
        """Play it back and ask what to do with it, twice; keys count meanwhile. Raises _Ended, SwitchError."""
        review = await self._prompts.resolve(plan.prompts["review"])
        choose = await self._prompts.resolve(plan.prompts["choose"])
        for media in ([*review, f"recording:{phone.channel}", *choose], choose):
            playback = await phone.play(media) if media else ""
            seconds = MAX_SECONDS + 2 * PROMPT_SECONDS if media else KEY_SECONDS
            while event := await phone.event(seconds, Kind.PLAYBACK_FINISHED, Kind.DTMF):
                if event.kind is Kind.DTMF and event.digit in (KEEP_KEY, AGAIN_KEY):
                    await self._quiet(phone, playback)
                    return event.digit == KEEP_KEY
                _require(event.kind)
                if event.kind is Kind.PLAYBACK_FINISHED:
                    playback, seconds = "", KEY_SECONDS
        raise _Ended(GreetingCallEnd.NO_KEY)

    async def _quiet(self, phone: OnePhone, playback: str) -> None:
        """Stop what plays, so that nothing of it is taken for what plays next."""
        if playback:
            await self._switch.stop_playback(playback)
            _require(await phone.until(PROMPT_SECONDS, Kind.PLAYBACK_FINISHED), or_gone=True)

    async def _say(self, phone: OnePhone, prompt: Sequence[str]) -> None:
        """Say this to whoever is still there; what it comes to is decided already."""
        try:
            await phone.say(await self._prompts.resolve(prompt), PROMPT_SECONDS)
        except SwitchError as error:
            log.warning("%s: %s", phone.channel, error)

    async def _forget_recording(self, name: str) -> None:
        try:
            await self._switch.delete_recording(name)
        except SwitchError as error:
            log.warning("the recording of %s stays until the next connection: %s", name, error)

    # --- what Django is told

    def _event(
        self,
        greeting_id: str,
        state: GreetingCallState,
        *,
        why: GreetingCallEnd | None = None,
        sound: bytes = b"",
    ) -> GreetingEvent:
        sequence = self._last[greeting_id] = self._last.get(greeting_id, 0) + 1
        return GreetingEvent(greeting_id, sequence, state, why, sound)

    def _tell(self, event: GreetingEvent) -> None:
        """Tell it once, and wait for nothing: a later one says more."""
        task = asyncio.create_task(self._send_once(event))
        self._telling.add(task)
        task.add_done_callback(self._telling.discard)

    async def _send_once(self, event: GreetingEvent) -> None:
        await self._reporter.send(self._url, event.to_json(), QUESTION_SECONDS)

    async def _deliver(self, event: GreetingEvent) -> None:
        """Tell of the end until Django has answered, or would not care any more."""
        for pause in _PAUSES:
            reply = await self._reporter.send(self._url, event.to_json(), FACT_SECONDS)
            if reply is not None and reply[0] < 300:
                return
            if reply is not None and reply[0] in FINAL_STATUSES and reply[1].get("ok") is False:
                log.error("%s: the end was refused: %d %s", event.greeting_id, *_said(reply))
                return
            await asyncio.sleep(pause)
        log.error("%s: nobody took its end", replace(event, sound=b""))


def _said(reply: tuple[int, dict[str, object]]) -> tuple[int, object]:
    return reply[0], reply[1].get("error")


def _require(kind: Kind | None, *, or_gone: bool = False) -> None:
    """Raises _Ended where the phone was hung up."""
    if kind is Kind.DESTROYED and not or_gone:
        raise _Ended(GreetingCallEnd.HUNG_UP)
