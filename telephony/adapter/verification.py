"""Calls that speak a code, and test calls that ask for a key: ring one phone, play the sounds, hang up (`one_phone`). No report.

What became of it can be asked for as long as this process remembers (`outcome`).
"""

import asyncio
import logging
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from telephony.adapter.one_phone import OnePhone, OnePhoneCalls
from telephony.adapter.prompts import Prompts
from telephony.adapter.switch import Kind, Switch, SwitchError
from telephony.adapter.trunks import Trunks
from telephony.call_plan import Verification

log = logging.getLogger(__name__)

SPEAK_SECONDS = 60.0
KEY_SECONDS, THANKS_SECONDS = 10.0, 20.0  # to press the key after the sounds; of what is said then
_REMEMBERED = 1000  # ids of which a repeat is recognised


class Progress(StrEnum):
    """How far such a call has come."""

    RINGING = "ringing"
    SPEAKING = "speaking"
    SPOKEN = "spoken"  # the phone was answered and heard it, or hung up meanwhile
    PRESSED = "pressed"  # and the key that was asked for was pressed
    NO_KEY = "no_key"  # it was not
    NOT_REACHED = "not_reached"  # nobody answered, or whoever is on the way refused: the cause says which
    FAILED = "failed"  # the switch would not


@dataclass(slots=True)
class Outcome:
    """What is known of one. `cause`: Q.850, as Asterisk told it, of a phone that was not reached."""

    progress: Progress = Progress.RINGING
    cause: int | None = None

    def describe(self) -> dict[str, Any]:
        return {"state": str(self.progress), "cause": self.cause}


class Verifications(OnePhoneCalls):
    """The code calls of one adapter."""

    def __init__(self, switch: Switch, prompts: Prompts, trunks: Trunks) -> None:
        super().__init__(switch, prompts, trunks)
        self._outcomes: dict[str, Outcome] = {}  # the oldest first

    def knows(self, verification_id: str) -> bool:
        """Whether this one was started before."""
        return verification_id in self._outcomes

    def outcome(self, verification_id: str) -> Outcome | None:
        """What became of it; None if nothing is known of it any more."""
        return self._outcomes.get(verification_id)

    def start(self, request: Verification) -> None:
        """Ring the phone; returns at once."""
        outcome = self._outcomes[request.verification_id] = Outcome()
        if len(self._outcomes) > _REMEMBERED:
            del self._outcomes[next(iter(self._outcomes))]
        phone = OnePhone(
            self._switch,
            self._trunks,
            request.verification_id,
            number=request.number,
            caller_id=request.caller_id,
            purpose="code",
            seconds=SPEAK_SECONDS,
        )
        self._begin(phone, self._speak(phone, request, outcome))

    async def _speak(self, phone: OnePhone, request: Verification, outcome: Outcome) -> None:
        try:
            if await phone.reach():
                outcome.progress = Progress.SPEAKING
                sounds = await self._prompts.resolve(request.sounds)
                if request.key:
                    await self._ask(phone, request, sounds, outcome)
                else:
                    await phone.say(sounds, SPEAK_SECONDS)
                    outcome.progress = Progress.SPOKEN
            else:
                outcome.progress = Progress.NOT_REACHED
        except SwitchError as error:
            outcome.progress = Progress.FAILED
            log.warning("%s: %s", phone.channel, error)
        finally:
            outcome.cause = phone.cause
            await self._end(phone)

    async def _ask(self, phone: OnePhone, request: Verification, sounds: list[str], outcome: Outcome) -> None:
        """Play the question and wait for the key; it counts while the question plays. Raises SwitchError."""
        if await _is_pressed(phone, request.key, sounds):
            outcome.progress = Progress.PRESSED
            await phone.say(await self._prompts.resolve(request.thanks), THANKS_SECONDS)
        else:
            outcome.progress = Progress.NO_KEY


async def _is_pressed(phone: OnePhone, key: str, sounds: list[str]) -> bool:
    playback = await phone.play(sounds) if sounds else ""
    loop = asyncio.get_running_loop()
    until = loop.time() + (SPEAK_SECONDS if playback else KEY_SECONDS)
    while event := await phone.event(until - loop.time(), Kind.DTMF, Kind.PLAYBACK_FINISHED):
        if event.kind is Kind.DESTROYED:
            return False
        if event.kind is Kind.PLAYBACK_FINISHED:
            playback, until = "", loop.time() + KEY_SECONDS
        elif event.digit == key:
            if playback:
                await phone.switch.stop_playback(playback)
                await phone.until(KEY_SECONDS, Kind.PLAYBACK_FINISHED)
            return True
    return False
