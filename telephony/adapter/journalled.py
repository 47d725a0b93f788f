"""What the journal knows of calls, for a web whose database was restored and has never seen some of them (`GET /journal`)."""

from typing import Any

from telephony.adapter.adapter import Adapter
from telephony.adapter.call_store import CallRecord

PAGE = 200


def journalled_calls(adapter: Adapter, seconds: int, after: str) -> dict[str, Any]:
    """The calls that run or ended in the last so many seconds, in the order of their acceptance, from the one behind `after`;
    `more` says that the page is full. Raises Refusal (503) until it is known which calls run.
    """
    adapter.describe_all()  # refuses while that is not known
    since = adapter.dates.wall() - seconds
    known = [
        call for call in adapter.journal.book.calls.values() if call.over_at is None or call.over_at >= since
    ]
    known.sort(key=lambda call: (call.accepted_at, call.call_id))
    ids = [call.call_id for call in known]
    begin = ids.index(after) + 1 if after in ids else 0
    page = known[begin : begin + PAGE]
    return {"calls": [_told(call) for call in page], "more": begin + PAGE < len(known)}


def _told(call: CallRecord) -> dict[str, Any]:
    return {
        "call_id": call.call_id,
        "sealed": call.sealed,
        "granted_seconds": call.granted,
        "is_over": call.is_over,
        "ending": call.ending,
    }
