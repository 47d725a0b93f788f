"""The talks that Asterisk's record knows, for whoever compares them with the books (`GET /talks`).

The operator's hold, or silence, at the end of a talk is no part of it.
"""

import asyncio
from typing import Any

from telephony.adapter.adapter import Adapter
from telephony.adapter.cel import RecordedTalk, ended_since
from telephony.call_plan import DEFAULT_SILENCE_SECONDS

MAX_SECONDS = 7 * 86_400


async def recorded_talks(adapter: Adapter, seconds: int) -> list[dict[str, Any]]:
    """The talks that ended in the last so many seconds by Asterisk's own date, with their dates as Django's."""
    since = adapter.dates.switch_now() - seconds
    talks = await asyncio.to_thread(ended_since, adapter.config.cel_file, since)
    return [_told(adapter, call_id, talk) for call_id, talk in talks.items()]


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
