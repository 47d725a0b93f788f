"""The questions that a party answers with a key before both are joined (docs/design.md section 5, "The call").

Each is asked twice at most: silence and a wrong key have it asked again once. Keys count while a question plays.
A voicemail presses nothing, so it never gets beyond the first question, which names nobody and no price.
"""

import asyncio

from telephony.adapter import end_reasons, ids
from telephony.adapter.call import Call, CallEnded
from telephony.adapter.messages import AcceptedOnPage
from telephony.adapter.setup_messages import is_event, next_message
from telephony.adapter.switch import Kind, SwitchEvent
from telephony.call_plan import LegPlan
from telephony.events import Answered
from telephony.states import Leg

ACCEPT_KEY, DECLINE_KEY = "1", "2"
ASK_TIMES = 2
KEY_SECONDS = 5.0  # to press a key after the prompt
NO_KEY_SECONDS = 4.0  # after the customer's answer; then their page says that nobody pressed 1
PROMPT_SECONDS = 30.0  # the longest prompt that is waited for
QUESTION_SECONDS = int(ASK_TIMES * (KEY_SECONDS + PROMPT_SECONDS)) + 5  # the longest that one question takes

_SILENCE, _WRONG_KEY, _ACCEPTED_ON_PAGE = "", "wrong", "page"


async def confirm(call: Call, leg: Leg, plan: LegPlan) -> None:
    """Ask for 1. Raises CallEnded without it. Of a customer who takes long it is reported: their phone may screen calls."""
    waiting = call.spawn(_report_no_key, call) if leg is Leg.CUSTOMER else None
    try:
        await _question(call, leg, plan, "ask", ACCEPT_KEY)
    finally:
        if waiting is not None:
            waiting.cancel()


async def _report_no_key(call: Call) -> None:
    await asyncio.sleep(NO_KEY_SECONDS)
    call.report(Answered(Leg.CUSTOMER, has_no_key=True))


async def offer(call: Call, plan: LegPlan) -> None:
    """Tell the operator who calls at what rate: 1 or an accept on the page takes the call. Raises CallEnded otherwise."""
    if call.is_accepted_on_page:
        return
    key = await _question(call, Leg.OPERATOR, plan, "offer", ACCEPT_KEY + DECLINE_KEY, page_counts=True)
    if key == DECLINE_KEY:
        raise CallEnded(end_reasons.hung_up_early(Leg.OPERATOR))


async def _question(
    call: Call, leg: Leg, plan: LegPlan, prompt: str, keys: str, *, page_counts: bool = False
) -> str:
    """The key that was pressed. Raises CallEnded if there is none after asking twice."""
    sounds = await call.services.prompts.resolve(plan.prompts.get(prompt, []))
    answer = _SILENCE
    for _ in range(ASK_TIMES):
        answer = await _ask_once(call, leg, sounds, keys, page_counts=page_counts)
        if answer not in (_SILENCE, _WRONG_KEY):
            return answer
    raise CallEnded(end_reasons.no_key(leg) if answer == _SILENCE else end_reasons.wrong_key(leg))


async def _ask_once(call: Call, leg: Leg, sounds: list[str], keys: str, *, page_counts: bool) -> str:
    """One of `keys`, or what came instead."""
    playback = await _start_playing(call, leg, sounds)
    until = call.now() + (PROMPT_SECONDS if playback else KEY_SECONDS)
    answer = _SILENCE
    while (message := await next_message(call, until)) is not None:
        if isinstance(message, SwitchEvent) and message.kind is Kind.PLAYBACK_FINISHED:
            if message.playback_id == playback:
                playback, until = "", call.now() + KEY_SECONDS
        elif is_event(message, Kind.DTMF, call.channel(leg)):
            answer = message.digit if message.digit in keys else _WRONG_KEY
            break
        elif page_counts and isinstance(message, AcceptedOnPage):
            answer = _ACCEPTED_ON_PAGE
            break
    if playback:
        await call.services.switch.stop_playback(playback)
    return answer


async def _start_playing(call: Call, leg: Leg, sounds: list[str]) -> str:
    """The playback's id; empty when there is nothing to play."""
    if not sounds:
        return ""
    playback = ids.playback_id(call.call_id, call.next_serial())
    await call.services.switch.play(call.channel(leg), playback, sounds)
    return playback
