"""The whole life of one call as one task: join, talk, end. Whatever goes wrong, the call is hung up and reported."""

import asyncio
import logging

from core import log_lines
from telephony.adapter import end_reasons, ids
from telephony.adapter.call import Call, CallEnded, Phase
from telephony.adapter.call_setup import PROMPT_SECONDS, JoinedAt, set_up_call
from telephony.adapter.call_store import joined_record
from telephony.adapter.end_reasons import Ending
from telephony.adapter.in_call import BOTH_LEGS, JoinedCall
from telephony.adapter.joined_time import JoinedTime
from telephony.adapter.switch import SwitchError, SwitchUnavailable
from telephony.call_plan import Originate
from telephony.events import Started
from telephony.states import EndedBy, EndReason, EventState, Leg

log = logging.getLogger(__name__)

PART_RETRY_SECONDS = 1.0


async def run_call(call: Call, plan: Originate) -> None:
    """A new call, from the first ring to the last report. All lines of its task name it."""
    with log_lines.also(call=call.call_id):
        await _run_call(call, plan)


async def _run_call(call: Call, plan: Originate) -> None:
    begun = call.now()
    call.services.metrics.begun()
    try:
        start = await set_up_call(call, plan)
    except CallEnded as end:
        await _end_unjoined(call, end.ending)
    except Exception as error:
        _log_failure(call, error)
        is_lost = isinstance(error, SwitchUnavailable)
        why = EndReason.SWITCH_LOST if is_lost else EndReason.PHONE_SYSTEM_UNAVAILABLE
        await _end_unjoined(call, end_reasons.failed(why))
    else:
        call.services.journal.append(joined_record(call.call_id, start.at, start.mono, call.services.boot))
        call.services.metrics.joined(start.mono - begun)
        joined_at = call.services.django_time(start.at, start.mono)
        call.report(Started(joined_at), joined_at)
        await _run_joined_call(call, start)


async def run_joined_call(call: Call, start: JoinedAt) -> None:
    """The joined part, also of a call adopted after a restart."""
    with log_lines.also(call=call.call_id):
        await _run_joined_call(call, start)


async def _run_joined_call(call: Call, start: JoinedAt) -> None:
    call.phase, call.joined_mono = Phase.JOINED, start.mono
    joined_call = JoinedCall(call, start)
    try:
        try:
            await joined_call.run()
        except CallEnded:
            raise
        except Exception as error:
            _log_failure(call, error)
            await joined_call.hang_up_both(Ending(EventState.ENDED, EndReason.HANGUP, EndedBy.NETWORK))
    except CallEnded as end:
        await _end_joined(call, end.ending, end.duration)
    finally:
        call.services.media.leave(call.call_id)


async def _end_joined(call: Call, ending: Ending, duration: JoinedTime | None) -> None:
    call.report_end(ending, duration)
    await call.dismiss_helpers()
    await call.release(*BOTH_LEGS)
    await _delete_bridge(call)


async def _end_unjoined(call: Call, ending: Ending) -> None:
    """Tell Django at once; then whoever is still on a phone and is to hear it; hang up."""
    if call.may_be_joined:
        await _part(call)
    if end_reasons.is_from_silence(ending) and not call.services.is_connected():
        ending = end_reasons.failed(EndReason.SWITCH_LOST)  # whether they answered we could not hear
    call.report_end(ending, None)
    await asyncio.gather(*(_part_from(call, leg, ending) for leg in BOTH_LEGS))
    await call.dismiss_helpers()
    await _delete_bridge(call)


async def _part(call: Call) -> None:
    """Make sure that nobody is joined in a call that is about to be reported as not joined. Where the switch is away,
    its record or its return may show that they are: then this call is taken away from here.
    """
    begun = call.now()
    while call.dialled and call.now() - begun < call.limit_at:
        if call.services.is_connected():
            await call.release(*BOTH_LEGS)
        else:
            await asyncio.sleep(PART_RETRY_SECONDS)


async def _part_from(call: Call, leg: Leg, ending: Ending) -> None:
    if leg in call.names and leg in call.dialled and (sounds := _last_words(call, leg, ending)):
        try:
            if media := await call.services.prompts.resolve(sounds):
                await call.play_to_end(call.channel(leg), media, PROMPT_SECONDS)
        except SwitchError as error:
            log.info("%s: the reason could not be spoken: %s", call.call_id, error)
    await call.release(leg)


def _last_words(call: Call, leg: Leg, ending: Ending) -> list[str]:
    """What this party is told of the end: that a 9 was understood; else a customer who has pressed 1 hears what
    happened and that nothing was charged. Whoever pressed nothing may be a voicemail.
    """
    if call.plan is None:
        return []
    prompts = (call.plan.customer if leg is Leg.CUSTOMER else call.plan.operator).prompts
    if ending.why is end_reasons.DO_NOT_CALL[leg]:
        return prompts.get(str(ending.why), [])
    if leg is Leg.OPERATOR or not call.has_customer_confirmed or ending.why is EndReason.CUSTOMER_CANCELLED:
        return []
    return prompts.get(str(ending.why)) or prompts.get("failed", [])


async def _delete_bridge(call: Call) -> None:
    try:
        await call.services.switch.delete_bridge(ids.bridge_id(call.call_id))
    except SwitchError as error:
        log.info("%s: its bridge stays until the next sweep: %s", call.call_id, error)


def _log_failure(call: Call, error: Exception) -> None:
    if isinstance(error, SwitchError):
        log.error("%s ended: %s", call.call_id, error)
    else:
        log.error("%s ended by an unexpected failure", call.call_id, exc_info=error)
