"""A phone is rung: on one trunk after the other, until a carrier takes the call.

The next carrier is tried only while nobody can have heard of the call: the one before refused it, could not be reached, or
left the INVITE without an answer, and Asterisk has dropped it. A phone that rang, is busy, is switched off, or was declined
has had its call.
"""

import logging

from telephony.adapter import end_reasons
from telephony.adapter.call import Call, CallEnded, Phase
from telephony.adapter.setup_messages import NotTaken, is_event, next_message
from telephony.adapter.switch import Dial, Kind, SwitchError, SwitchSilent, SwitchUnavailable
from telephony.adapter.trunk import Trunk
from telephony.call_plan import LegPlan
from telephony.events import Answered, Ringing
from telephony.states import EndReason, Leg

log = logging.getLogger(__name__)

LIMIT = "TIMEOUT(absolute)"
HANGUP_HANDLER = "CHANNEL(hangup_handler_push)"
HANGUP_CONTEXT = "aeims-hh,s,1"

_RING_MARGIN_SECONDS = 5.0  # our ring limit behind Asterisk's
WITHDRAW_SECONDS = 3.0  # from hanging up to the event that says so
_UNREACHABLE = {Leg.CUSTOMER: EndReason.CUSTOMER_UNREACHABLE, Leg.OPERATOR: EndReason.OPERATOR_UNREACHABLE}


class _Silent(CallEnded):
    """The carrier has not said a word about the call."""


async def ring(call: Call, leg: Leg, plan: LegPlan, limit_seconds: int) -> None:
    """Ring one phone and wait until it is answered. Raises CallEnded, as the last carrier that was tried made it end."""
    trunks, tried, metrics = call.services.trunks, set[str](), call.services.metrics
    ending, is_dialed = CallEnded(end_reasons.failed(_UNREACHABLE[leg], leg)), False
    while (trunk := await trunks.take(call.channel(leg), tried)) is not None:
        tried.add(trunk.name)
        try:
            await _dial(trunk, call, leg, plan, limit_seconds)
            if not is_dialed:
                metrics.dialed(leg, plan.caller_id)
            is_dialed = True
            await _until_answered(call, leg, plan.ring_seconds)
            return metrics.answered(leg, plan.caller_id)
        except NotTaken as end:
            if end.leg is not leg or not end_reasons.is_not_taken(end.sip):
                raise
            ending = end
            _note(call, leg, trunk, f"SIP {end.sip}")
        except _Silent as end:
            ending = end
            _note(call, leg, trunk, "no answer", is_silent=True)
            if not trunks.has_other(tried) or not await _withdraw(call, leg):
                raise
        except SwitchUnavailable:
            raise
        except SwitchSilent as error:  # it may be dialled
            raise ending from error
        except SwitchError:
            _note(call, leg, trunk, "not reachable")
            await _hear_what_came(call)
        trunks.release(call.channel(leg))
    raise ending


async def _dial(trunk: Trunk, call: Call, leg: Leg, plan: LegPlan, limit_seconds: int) -> None:
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
        trunk=trunk,
    )
    call.dialled.add(leg)
    await call.services.switch.originate(dial)
    call.phase = Phase.RINGING


async def _until_answered(call: Call, leg: Leg, ring_seconds: int) -> None:
    dialled_at, is_ringing = call.now(), False
    until = dialled_at + min(call.services.trunks.ringing_within, ring_seconds - 1)
    while True:
        message = await next_message(call, until)
        if message is None:
            if is_ringing:
                raise CallEnded(end_reasons.not_reached(leg, None))
            raise _Silent(end_reasons.failed(EndReason.CARRIER_FAULT, leg))
        if is_event(message, Kind.RINGING, call.channel(leg)) and not is_ringing:
            call.rung.add(leg)
            call.services.metrics.rings(leg, call.now() - dialled_at)
            is_ringing, until = True, dialled_at + ring_seconds + _RING_MARGIN_SECONDS
            call.report(Ringing(leg), call.services.django_time(message.at, message.received_mono))
        if is_event(message, Kind.STASIS_START, call.channel(leg)):
            call.names[leg] = message.channel_name
            if call.answered_mono is None:
                call.answered_mono = call.now()
            call.report(Answered(leg), call.services.django_time(message.at, message.received_mono))
            return


async def _withdraw(call: Call, leg: Leg) -> bool:
    """Take a call back that its carrier has not answered. False if it is not certain that nobody has heard of it."""
    try:
        await call.services.switch.hangup(call.channel(leg))
    except SwitchError as error:
        log.warning("%s: %s", call.call_id, error)
        return False
    until, is_heard = call.now() + WITHDRAW_SECONDS, False
    try:
        while (message := await next_message(call, until)) is not None:
            is_heard |= any(
                is_event(message, kind, call.channel(leg)) for kind in (Kind.RINGING, Kind.STASIS_START)
            )
    except NotTaken as end:
        if end.leg is not leg:
            raise
        return not is_heard
    return False


async def _hear_what_came(call: Call) -> None:
    """Raises CallEnded if a party hung up meanwhile, which may be why a request was refused."""
    while await next_message(call, call.now()) is not None:
        pass


def _note(call: Call, leg: Leg, trunk: Trunk, reason: str, *, is_silent: bool = False) -> None:
    log.warning("%s: %s did not take the %s: %s", call.call_id, trunk.name, leg, reason)
    call.services.trunks.note_refusal(trunk, reason, is_silent=is_silent)
