"""What a call that is not joined hears from the switch and from the pages: the next message, or how the call ended.

`call_setup` and its questions (`screening`) read a call's inbox through `next_message`, so that a hang-up, a key that
forbids further calls, and an accept on the page count at every step.
"""

from typing import TypeGuard

from telephony.adapter import end_reasons, ids
from telephony.adapter.call import Call, CallEnded
from telephony.adapter.end_reasons import Ending
from telephony.adapter.messages import AcceptedOnPage, HangupRequested, LegsGone, Message
from telephony.adapter.switch import Kind, SwitchEvent
from telephony.states import EndReason, Leg

DO_NOT_CALL_KEY = "9"
_REASON_SECONDS = 1.0  # from a request that the switch refused to the event that says why


class NotTaken(CallEnded):
    """A leg that was dialled ended before any phone rang: the carrier did not take it. `sip`: its answer, None if there was none."""

    def __init__(self, ending: Ending, leg: Leg, sip: int | None) -> None:
        super().__init__(ending)
        self.leg = leg
        self.sip = sip


async def next_message(call: Call, until: float) -> Message | None:
    """The next message of an unjoined call, None at `until` (monotonic). Raises CallEnded for what ends such a call."""
    message = await call.next(until)
    if isinstance(message, HangupRequested):
        raise CallEnded(end_reasons.hangup_requested_before_joining(message.ended_by, message.why))
    if isinstance(message, LegsGone):
        raise CallEnded(end_reasons.failed(EndReason.SWITCH_LOST))
    if isinstance(message, AcceptedOnPage):
        call.is_accepted_on_page = True
    if isinstance(message, SwitchEvent) and (leg := ids.leg_of(message.channel_id)) is not None:
        _end_on(message, call, leg)
    return message


async def raise_true_reason(call: Call) -> None:
    """After a refused request: raises CallEnded if a party hung up meanwhile, which is why it was refused."""
    until = call.now() + _REASON_SECONDS
    while await next_message(call, until) is not None:
        pass


def is_event(message: Message, kind: Kind, channel_id: str) -> TypeGuard[SwitchEvent]:
    """Whether this is an event of that kind of that channel."""
    return isinstance(message, SwitchEvent) and message.kind is kind and message.channel_id == channel_id


def _end_on(event: SwitchEvent, call: Call, leg: Leg) -> None:
    """Raises CallEnded if this event of a leg ends an unjoined call."""
    if event.kind is Kind.DTMF and event.digit == DO_NOT_CALL_KEY:
        raise CallEnded(end_reasons.do_not_call(leg))
    if event.kind is Kind.HANGUP_REQUEST and leg in call.names:
        # The hang-up handler takes the other leg down, too: who hung up first is who ended it.
        if call.hung_up_by is None and event.cause != end_reasons.CAUSE_OUR_REQUEST:
            call.hung_up_by = leg
    elif event.kind is Kind.DESTROYED:
        call.dialled.discard(leg)
        if leg in call.names:
            raise CallEnded(end_reasons.hung_up_early(call.hung_up_by or leg))
        ending = end_reasons.not_reached(leg, event.cause)
        raise CallEnded(ending) if leg in call.rung else NotTaken(ending, leg, event.sip)
