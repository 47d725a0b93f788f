"""The talks that Asterisk's record knows, for whoever compares them with the books (`GET /talks`).

The operator's hold, or silence, at the end of a talk is no part of it.
"""

import asyncio
from typing import Any

from telephony.adapter.adapter import Adapter
from telephony.adapter.call import Phase
from telephony.adapter.cel import RecordedTalk, ended_since, load
from telephony.call_plan import DEFAULT_SILENCE_SECONDS

MAX_SECONDS = 7 * 86_400


async def recorded_talks(adapter: Adapter, seconds: int) -> dict[str, Any]:
    """The talks that ended in the last so many seconds by Asterisk's own date, with their dates as Django's; the calls that
    were joined and have no recorded end; and since when nobody was joined that is not told here.
    """
    since = adapter.dates.switch_now() - seconds
    recent = await asyncio.to_thread(ended_since, adapter.config.cel_file, since)
    return {
        "talks": [_told(adapter, call_id, talk) for call_id, talk in recent.ended.items()],
        "open_ended": sorted(recent.open_ended),
        "since": None if recent.since is None else adapter.dates.django_time(recent.since, None),
    }


async def describe_by_record(adapter: Adapter, call_id: str) -> dict[str, Any] | None:
    """A call that the journal does not have, in the words of `GET /call/{id}`: another adapter's, or of a lost journal.
    None if its parties were never joined by Asterisk's record.
    """
    talk = (await asyncio.to_thread(load, adapter.config.cel_file, [call_id])).get(call_id)
    if talk is None:
        return None
    is_over = talk.left_at is not None
    joined_ms = round((adapter.dates.switch_now() - talk.joined_at) * 1000)
    return {
        "call_id": call_id,
        "state": str(Phase.OVER if is_over else Phase.JOINED),
        "joined_at": adapter.dates.django_time(talk.joined_at, None),
        "elapsed_ms": talk.paid_ms(DEFAULT_SILENCE_SECONDS) if is_over else max(0, joined_ms),
        "granted_seconds": 0,
        "final": True,
        "node": adapter.config.node,
        "ending": None,
    }


def _told(adapter: Adapter, call_id: str, talk: RecordedTalk) -> dict[str, Any]:
    assert talk.left_at is not None, "it ended"
    record = adapter.journal.book.calls.get(call_id)
    mono = None if record is None else adapter.services.joined_mono(record)
    return {
        "call_id": call_id,
        "joined_at": adapter.dates.django_time(talk.joined_at, mono),
        "joined_ms": talk.paid_ms(DEFAULT_SILENCE_SECONDS if record is None else record.silence),
        "left_first": talk.left_first and str(talk.left_first),
    }
