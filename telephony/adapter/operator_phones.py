"""An operator's phones, rung one after the other within one ring limit, until 1 is pressed on one of them.

The next one is rung where nobody took the call on the one before: no answer, busy, switched off, not reached by any carrier, or
answered by something that presses no 1, such as a voicemail. Who declines, hangs up, or presses 9 has decided for all of
them. All have the leg's channel id, so the next is dialed only once the switch has said that the channel before is gone.
"""

import logging

from telephony.adapter.call import Call, CallEnded
from telephony.adapter.dialing import WITHDRAW_SECONDS, ring
from telephony.adapter.end_reasons import Ending
from telephony.adapter.screening import QUESTION_SECONDS, confirm, offer
from telephony.adapter.setup_messages import NotTaken, next_message
from telephony.adapter.switch import SwitchError
from telephony.call_plan import LEAST_RING_SECONDS, LegPlan
from telephony.states import EndReason, Leg

log = logging.getLogger(__name__)

_LEG = Leg.OPERATOR
_NOBODY_TOOK_IT = frozenset(
    {
        EndReason.OPERATOR_BUSY,
        EndReason.OPERATOR_NO_ANSWER,
        EndReason.OPERATOR_NO_KEY,
        EndReason.OPERATOR_WRONG_KEY,
        EndReason.OPERATOR_UNREACHABLE,
        EndReason.CARRIER_FAULT,
    }
)


def longest_seconds(plan: LegPlan) -> int:
    """The longest that reaching the operator takes: the ringing, a question on each phone, one more on the last."""
    phones = len(plan.numbers)
    return plan.ring_seconds + (phones + 1) * QUESTION_SECONDS + int((phones - 1) * WITHDRAW_SECONDS)


async def reach_operator(call: Call, plan: LegPlan) -> None:
    """Ring, ask, offer. Raises CallEnded, as the last phone that was rung made it end. A plan of an older web has no offer."""
    left = float(plan.ring_seconds)
    for index in range(len(plan.numbers)):
        phone = plan.on(index, _share(plan, index, left))
        call.phone = phone.phones[0] if phone.phones else ""
        begun = call.now()
        try:
            try:
                await ring(call, _LEG, phone, phone.ring_seconds + 2 * QUESTION_SECONDS)
            finally:
                left -= call.now() - begun
            if phone.confirm:
                await confirm(call, _LEG, phone)
            break
        except CallEnded as end:
            has_next = index + 1 < len(plan.numbers) and left >= LEAST_RING_SECONDS
            if not has_next or not _is_nobodys(end.ending) or not await _withdraw(call):
                raise
            log.info("%s: phone %d did not take it: %s", call.call_id, index + 1, end.ending.why)
    if plan.confirm and "offer" in plan.prompts:
        await offer(call, plan)


def _share(plan: LegPlan, index: int, left: float) -> int:
    """For how long this phone rings; the last one for which there is time has all that is left."""
    is_last = index + 1 == len(plan.numbers) or left - plan.next_after_seconds < LEAST_RING_SECONDS
    return round(left) if is_last else plan.next_after_seconds


def _is_nobodys(ending: Ending) -> bool:
    """Whether it says of this phone alone that nobody took the call there."""
    return ending.leg is _LEG and ending.why in _NOBODY_TOOK_IT


async def _withdraw(call: Call) -> bool:
    """End this phone's channel and forget what it did. False if it is not certain that it is gone. Raises CallEnded for whatever
    else ends the call meanwhile, a 9 on this phone among it.
    """
    call.names.pop(_LEG, None)
    call.rung.discard(_LEG)
    call.holding.discard(_LEG)
    if call.hung_up_by is _LEG:
        call.hung_up_by = None
    if _LEG not in call.dialled:
        return True
    try:
        await call.services.switch.hangup(call.channel(_LEG))
    except SwitchError as error:
        log.warning("%s: %s", call.call_id, error)
        return False
    until = call.now() + WITHDRAW_SECONDS
    try:
        while await next_message(call, until) is not None:
            pass
    except NotTaken as end:
        if end.leg is not _LEG:
            raise
        return True
    return False
