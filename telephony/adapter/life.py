"""The whole life of one call as one task: join, talk, end. Whatever goes wrong, the call is hung up and reported."""

import logging

from telephony.adapter import endings, ids
from telephony.adapter.book import joined_record
from telephony.adapter.call import Call, Over, Phase
from telephony.adapter.endings import Ending
from telephony.adapter.joining import PROMPT_SECONDS, Start, join
from telephony.adapter.spans import Span
from telephony.adapter.switch import SwitchError, SwitchUnavailable
from telephony.adapter.talking import BOTH, Talk
from telephony.states import EndedBy, EndReason, EventState, Leg
from telephony.wire import Originate

log = logging.getLogger(__name__)


async def live(call: Call, plan: Originate) -> None:
    """A new call, from the first ring to the last report."""
    try:
        start = await join(call, plan)
    except Over as over:
        await _end_unjoined(call, over.ending)
    except SwitchUnavailable:
        await _end_unjoined(call, endings.failed(EndReason.SWITCH_LOST))
    except Exception as error:
        _log_failure(call, error)
        await _end_unjoined(call, endings.failed(EndReason.PHONE_SYSTEM_UNAVAILABLE))
    else:
        call.office.journal.append(joined_record(call.call_id, start.at, start.mono, call.office.boot))
        joined_at = call.office.dated(start.at, start.mono)
        call.report(EventState.STARTED, joined_at, joined_at=f"{joined_at:.3f}")
        await talk(call, start)


async def talk(call: Call, start: Start) -> None:
    """The joined part, also of a call adopted after a restart."""
    call.phase, call.joined_mono = Phase.JOINED, start.mono
    talking = Talk(call, start)
    try:
        try:
            await talking.run()
        except Over:
            raise
        except Exception as error:
            _log_failure(call, error)
            await talking.part(Ending(EventState.ENDED, EndReason.HANGUP, EndedBy.NETWORK))
    except Over as over:
        await _end_joined(call, over.ending, over.span)


async def _end_joined(call: Call, ending: Ending, span: Span | None) -> None:
    call.report_end(ending, span)
    await call.dismiss_helpers()
    await call.release(*BOTH)
    await _delete_bridge(call)


async def _end_unjoined(call: Call, ending: Ending) -> None:
    """Tell Django at once; then the customer, if their phone is still up and it was not their own doing."""
    call.report_end(ending, None)
    await call.release(Leg.OPERATOR)
    cancelled = ending.why is EndReason.CUSTOMER_CANCELLED
    if Leg.CUSTOMER in call.names and Leg.CUSTOMER in call.dialled and not cancelled:
        await _announce(call, ending)
    await call.release(Leg.CUSTOMER)
    await call.dismiss_helpers()
    await _delete_bridge(call)


async def _announce(call: Call, ending: Ending) -> None:
    """Say what happened, and that nothing was charged."""
    prompts = call.plan.customer.prompts if call.plan else {}
    customer = call.channel(Leg.CUSTOMER)
    try:
        sounds = prompts.get(str(ending.why)) or prompts.get("failed", [])
        if media := await call.office.prompts.resolve(sounds):
            await call.office.switch.stop_ringing(customer)
            await call.play_to_end(customer, media, PROMPT_SECONDS)
    except SwitchError as error:
        log.info("%s: the reason could not be spoken: %s", call.call_id, error)


async def _delete_bridge(call: Call) -> None:
    try:
        await call.office.switch.delete_bridge(ids.bridge_id(call.call_id))
    except SwitchError as error:
        log.info("%s: its bridge stays until the next sweep: %s", call.call_id, error)


def _log_failure(call: Call, error: Exception) -> None:
    if isinstance(error, SwitchError):
        log.error("%s ended: %s", call.call_id, error)
    else:
        log.error("%s ended by an unexpected failure", call.call_id, exc_info=error)
