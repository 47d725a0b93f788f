"""How a call of the journal is closed that this process did not see end."""

import asyncio

from telephony.adapter import end_reasons
from telephony.adapter.adapter import Adapter
from telephony.adapter.call import Call, Phase
from telephony.adapter.call_store import CallRecord
from telephony.adapter.cel import RecordedTalk
from telephony.adapter.joined_time import reconstruct
from telephony.adapter.messages import LegsGone
from telephony.states import EndReason


def settle_by_record(adapter: Adapter, record: CallRecord, talk: RecordedTalk | None) -> None:
    """Report the end of a joined call by Asterisk's record of it; without one, to the last moment it was known."""
    call = adapter.calls.get(record.call_id)
    if call is not None and call.phase is Phase.JOINED:
        call.deliver(LegsGone(talk))
        return
    if call is not None:
        adapter.drop(call)
    now = asyncio.get_running_loop().time()
    duration, ending = reconstruct(record, talk, now, adapter.services.boot)
    _forgotten(adapter, record, now).report_end(ending, duration)


def fail_unjoined(adapter: Adapter, record: CallRecord) -> None:
    """Report the end of a call that was never joined: nothing is charged."""
    call = adapter.calls.get(record.call_id)
    if call is not None:
        call.deliver(LegsGone(None))
        return
    now = asyncio.get_running_loop().time()
    ending = end_reasons.failed(EndReason.ADAPTER_RESTARTED)
    _forgotten(adapter, record, now).report_end(ending, None)


def _forgotten(adapter: Adapter, record: CallRecord, now: float) -> Call:
    call = Call(adapter.services, record, None)
    call.mark_adopted(now)
    return call
