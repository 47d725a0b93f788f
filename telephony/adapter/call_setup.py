"""From the click to both parties in one bridge (docs/design.md section 5, "The call"). Nothing here costs anything.

The customer's phone rings and is asked for 1. On the 1 the operator's phone is dialed at once, and those behind it one after
the other (`operator_phones`), while the customer hears whom they call at what price. The operator is asked for 1, hears who
calls at what rate, and accepts with a second 1; both are put into the call's bridge. Until a party has pressed 1, what it
hears names nobody and no price: a voicemail or a call screener records it. Every way out raises `CallEnded` with its ending.
"""

import asyncio
import logging
from dataclasses import dataclass

from telephony.adapter import ids
from telephony.adapter.call import Call
from telephony.adapter.dialing import LIMIT, ring
from telephony.adapter.grants import LIMIT_MARGIN_SECONDS
from telephony.adapter.operator_phones import longest_seconds, reach_operator
from telephony.adapter.ring_back import RingBack
from telephony.adapter.screening import PROMPT_SECONDS, QUESTION_SECONDS, confirm
from telephony.adapter.setup_messages import next_message, raise_true_reason
from telephony.adapter.switch import Kind, SwitchError, SwitchEvent, SwitchSilent, SwitchUnavailable
from telephony.call_plan import Originate
from telephony.states import Leg

__all__ = ["LIMIT", "PROMPT_SECONDS", "JoinedAt", "set_up_call"]

log = logging.getLogger(__name__)

# The channel that the handler takes down. Set when both are about to be joined, not before: an operator who declines
# must not take away the customer, who is told why.
PEER = "AEIMS_PEER"

_BRIDGE_SECONDS = 5.0
_EXPLANATION_SECONDS = 30  # a refused customer hears why


@dataclass(frozen=True, slots=True)
class JoinedAt:
    """Both are joined: when, by Asterisk's clock (epoch seconds) and on our monotonic clock."""

    at: float
    mono: float


async def set_up_call(call: Call, plan: Originate) -> JoinedAt:
    """Bring both parties together. Raises CallEnded with the ending of a call that did not get there."""
    try:
        await _reach_customer(call, plan)
        await _reach_operator(call, plan)
        return await _bridge(call)
    except SwitchUnavailable:
        raise
    except SwitchError:
        # A request about a leg that has just hung up is refused. Then it was that party, and no fault of ours.
        await raise_true_reason(call)
        raise


async def _reach_customer(call: Call, plan: Originate) -> None:
    limit = _customer_limit(plan) + call.services.trunks.failover_seconds
    await ring(call, Leg.CUSTOMER, plan.customer, limit)
    if plan.customer.confirm:
        await confirm(call, Leg.CUSTOMER, plan.customer)
    call.has_customer_confirmed = True


async def _reach_operator(call: Call, plan: Originate) -> None:
    """The customer hears what the plan says meanwhile, through all of the operator's phones."""
    ring_back = RingBack(call, plan.customer.prompts.get("connecting", []))
    try:
        await reach_operator(call, plan.operator)
    finally:
        await ring_back.stop()


def _customer_limit(plan: Originate) -> int:
    return (
        plan.customer.ring_seconds + QUESTION_SECONDS + longest_seconds(plan.operator) + _EXPLANATION_SECONDS
    )


async def _bridge(call: Call) -> JoinedAt:
    """Limits first, then the bridge: no moment exists in which two joined parties have no limit in Asterisk."""
    switch, customer, operator = call.services.switch, call.channel(Leg.CUSTOMER), call.channel(Leg.OPERATOR)
    bridge = ids.bridge_id(call.call_id)
    total = call.grants.total
    limit = str(total + LIMIT_MARGIN_SECONDS)
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
        message = await next_message(call, until)
        if message is None:
            raise SwitchError("both legs did not enter the bridge in time")
        if isinstance(message, SwitchEvent) and message.bridge_id == bridge:
            (inside.add if message.kind is Kind.ENTERED_BRIDGE else inside.discard)(message.channel_id)
            if inside == {customer, operator}:
                return JoinedAt(message.at, message.received_mono)
