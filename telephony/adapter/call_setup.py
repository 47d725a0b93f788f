"""From the click to both parties in one bridge (docs/design.md section 5, "The call"). Nothing here costs anything.

The customer's phone rings and is asked for 1; ring-back; the operator's phone rings and is asked for 1; both are put
into the call's bridge. Every way out raises `Over` with its ending.
"""

import asyncio
import logging
from dataclasses import dataclass
from typing import TypeGuard

from telephony.adapter import end_reasons, ids
from telephony.adapter.call import Call, CallEnded, Phase
from telephony.adapter.grants import LIMIT_MARGIN_SECONDS
from telephony.adapter.messages import AcceptedOnPage, HangupRequested, LegsGone, Message
from telephony.adapter.switch import Dial, Kind, SwitchError, SwitchEvent, SwitchSilent, SwitchUnavailable
from telephony.call_plan import LegPlan, Originate
from telephony.events import Answered, Ringing
from telephony.states import EndReason, Leg

log = logging.getLogger(__name__)

LIMIT = "TIMEOUT(absolute)"
HANGUP_HANDLER = "CHANNEL(hangup_handler_push)"
HANGUP_CONTEXT = "aeims-hh,s,1"
# The channel that the handler takes down. Set when both are about to be joined, not before: an operator who declines
# must not take away the customer, who is told why.
PEER = "AEIMS_PEER"

ACCEPT_KEY = "1"
ASK_TIMES = 2
KEY_SECONDS = 5.0  # to press a key after the prompt
PROMPT_SECONDS = 30.0  # the longest prompt that is waited for
_CONFIRM_SECONDS = int(ASK_TIMES * (KEY_SECONDS + PROMPT_SECONDS)) + 5
_RING_MARGIN_SECONDS = 5.0  # our ring limit behind Asterisk's
_BRIDGE_SECONDS = 5.0
_EXPLANATION_SECONDS = 30  # a refused customer hears why


@dataclass(frozen=True, slots=True)
class JoinedAt:
    """Both are joined: when, by Asterisk's clock (epoch seconds) and on our monotonic clock."""

    at: float
    mono: float


async def set_up_call(call: Call, plan: Originate) -> JoinedAt:
    """Bring both parties together. Raises Over with the ending of a call that did not get there."""
    await _ring(call, Leg.CUSTOMER, plan.customer, _customer_limit(plan))
    if plan.customer.confirm:
        await _confirm(call, Leg.CUSTOMER, plan.customer)
    await _play_ringback(call, plan.customer)
    await _ring(call, Leg.OPERATOR, plan.operator, plan.operator.ring_seconds + _CONFIRM_SECONDS)
    if plan.operator.confirm:
        call.is_screening = True
        try:
            await _confirm(call, Leg.OPERATOR, plan.operator)
        finally:
            call.is_screening = False
    return await _bridge(call)


def _customer_limit(plan: Originate) -> int:
    ringing = plan.customer.ring_seconds + plan.operator.ring_seconds
    return ringing + 2 * _CONFIRM_SECONDS + _EXPLANATION_SECONDS


async def _ring(call: Call, leg: Leg, plan: LegPlan, limit_seconds: int) -> None:
    """Dial one phone and wait until it is answered."""
    dial = Dial(
        channel_id=call.channel(leg),
        number=plan.number,
        caller_id=plan.caller_id,
        ring_seconds=plan.ring_seconds,
        app_args=f"{leg},{call.call_id}",
        variables={
            "AEIMS_CALL": call.call_id,
            "AEIMS_ROLE": str(leg),
            "CHANNEL(accountcode)": call.call_id,
            LIMIT: str(limit_seconds),
            HANGUP_HANDLER: HANGUP_CONTEXT,
        },
        originator=call.channel(Leg.CUSTOMER) if leg is Leg.OPERATOR else "",
    )
    call.dialled.add(leg)
    try:
        await call.services.switch.originate(dial)
    except SwitchUnavailable:
        raise
    except SwitchError as error:
        raise CallEnded(end_reasons.failed(_unreachable(leg), leg)) from error
    call.phase = Phase.RINGING
    call.report(Ringing(leg))
    until = call.now() + plan.ring_seconds + _RING_MARGIN_SECONDS
    while True:
        message = await _next_message(call, until)
        if message is None:
            raise CallEnded(end_reasons.not_reached(leg, None))
        if _is(message, Kind.STASIS_START, call.channel(leg)):
            call.names[leg] = message.channel_name
            call.report(Answered(leg), call.services.django_time(message.at, message.received_mono))
            return


def _unreachable(leg: Leg) -> EndReason:
    return EndReason.CUSTOMER_UNREACHABLE if leg is Leg.CUSTOMER else EndReason.OPERATOR_UNREACHABLE


async def _confirm(call: Call, leg: Leg, plan: LegPlan) -> None:
    """Play the question, twice if need be, until a key is pressed. Keys count while it plays."""
    sounds = await call.services.prompts.resolve(plan.prompts.get("ask", []))
    for _ in range(ASK_TIMES):
        playback = await _start_playing(call, leg, sounds)
        until = call.now() + (PROMPT_SECONDS if playback else KEY_SECONDS)
        while (message := await _next_message(call, until)) is not None:
            if isinstance(message, SwitchEvent) and message.kind is Kind.PLAYBACK_FINISHED:
                if message.playback_id == playback:
                    playback, until = "", call.now() + KEY_SECONDS
                continue
            key = _key(message, call, leg)
            if not key:
                continue
            if playback:
                await call.services.switch.stop_playback(playback)
            if key != ACCEPT_KEY:
                raise CallEnded(end_reasons.wrong_key(leg))
            return
        if playback:
            await call.services.switch.stop_playback(playback)
    raise CallEnded(end_reasons.no_key(leg))


def _key(message: Message, call: Call, leg: Leg) -> str:
    """The key this message means; the operator's word on the page is as good as the key on the phone."""
    if isinstance(message, AcceptedOnPage) and leg is Leg.OPERATOR:
        return ACCEPT_KEY
    return message.digit if _is(message, Kind.DTMF, call.channel(leg)) else ""


async def _start_playing(call: Call, leg: Leg, sounds: list[str]) -> str:
    """The playback's id; empty when there is nothing to play."""
    if not sounds:
        return ""
    playback = ids.playback_id(call.call_id, call.next_serial())
    await call.services.switch.play(call.channel(leg), playback, sounds)
    return playback


async def _play_ringback(call: Call, plan: LegPlan) -> None:
    """Tell the customer that we connect, then let ring-back sound until the operator is there."""
    sounds = await call.services.prompts.resolve(plan.prompts.get("connecting", []))
    if playback := await _start_playing(call, Leg.CUSTOMER, sounds):
        until = call.now() + PROMPT_SECONDS
        while (message := await _next_message(call, until)) is not None:
            if isinstance(message, SwitchEvent) and message.playback_id == playback:
                break
    await call.services.switch.ring(call.channel(Leg.CUSTOMER))


async def _bridge(call: Call) -> JoinedAt:
    """Limits first, then the bridge: no moment exists in which two joined parties have no limit in Asterisk."""
    switch, customer, operator = call.services.switch, call.channel(Leg.CUSTOMER), call.channel(Leg.OPERATOR)
    bridge = ids.bridge_id(call.call_id)
    total = call.grants.total
    limit = str(total + LIMIT_MARGIN_SECONDS)
    await switch.stop_ringing(customer)
    await asyncio.gather(
        switch.set_variable(customer, LIMIT, limit),
        switch.set_variable(operator, LIMIT, limit),
        switch.set_variable(customer, PEER, call.names[Leg.OPERATOR]),
        switch.set_variable(operator, PEER, call.names[Leg.CUSTOMER]),
        switch.create_bridge(bridge),
    )
    call.grants.applied = total
    try:
        await switch.add_to_bridge(bridge, [customer, operator])
    except SwitchSilent as error:
        log.warning("%s: %s; the bridge's events will tell", call.call_id, error)
    inside: set[str] = set()
    until = call.now() + _BRIDGE_SECONDS
    while True:
        message = await _next_message(call, until)
        if message is None:
            raise SwitchError("both legs did not enter the bridge in time")
        if isinstance(message, SwitchEvent) and message.bridge_id == bridge:
            (inside.add if message.kind is Kind.ENTERED_BRIDGE else inside.discard)(message.channel_id)
            if inside == {customer, operator}:
                return JoinedAt(message.at, message.received_mono)


async def _next_message(call: Call, until: float) -> Message | None:
    """The next message of an unjoined call; what ends such a call raises Over."""
    message = await call.next(until)
    if isinstance(message, HangupRequested):
        raise CallEnded(end_reasons.hangup_requested_before_joining(message.ended_by, message.why))
    if isinstance(message, LegsGone):
        raise CallEnded(end_reasons.failed(EndReason.SWITCH_LOST))
    if isinstance(message, SwitchEvent) and message.kind is Kind.DESTROYED:
        leg = ids.leg_of(message.channel_id)
        if leg is not None:
            call.dialled.discard(leg)
            raise CallEnded(
                end_reasons.hung_up_early(leg)
                if leg in call.names
                else end_reasons.not_reached(leg, message.cause)
            )
    return message


def _is(message: Message, kind: Kind, channel_id: str) -> TypeGuard[SwitchEvent]:
    return isinstance(message, SwitchEvent) and message.kind is kind and message.channel_id == channel_id
