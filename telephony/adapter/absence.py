"""While the switch is away, nobody knows what its calls do. A lost connection ends no call.

Calls stay as they are until Asterisk's own record says that they ended, or until the limit that Asterisk itself keeps
has passed (`in_call`); what lives when the switch is back goes on (`connection`). Only a call that certainly never was
joined is given up sooner: nothing is charged for it, and somebody waits at a phone.
"""

import asyncio
import logging

from telephony.adapter.adapter import Adapter
from telephony.adapter.call_store import CallRecord
from telephony.adapter.cel import RecordedTalk, load
from telephony.adapter.messages import LegsGone
from telephony.adapter.settling import settle_by_record

log = logging.getLogger(__name__)

POLL_SECONDS = 1.0
PAUSE_SHARE = 10  # the pause between two looks, in times that the last one took
UNJOINED_SECONDS = 10.0  # without the switch for so long: a call that is not joined fails


class Absence:
    """Watches Asterisk's record while the connection is lost. `begin` and `end` may be called at any time."""

    def __init__(self, adapter: Adapter) -> None:
        self._adapter = adapter
        self._watching: asyncio.Task[None] | None = None
        self.began_at: float | None = None  # monotonic

    def begin(self) -> None:
        if self._watching is None or self._watching.done():
            self.began_at = asyncio.get_running_loop().time()
            self._watching = asyncio.create_task(self._watch())

    def end(self) -> None:
        self.began_at = None
        if self._watching is not None:
            self._watching.cancel()

    @property
    def is_long(self) -> bool:
        """Whether the switch has been away for longer than a call that is not joined waits."""
        now = asyncio.get_running_loop().time()
        return self.began_at is not None and now - self.began_at >= UNJOINED_SECONDS

    async def _watch(self) -> None:
        loop = asyncio.get_running_loop()
        pause = POLL_SECONDS
        while True:
            await asyncio.sleep(pause)
            begun = loop.time()
            try:
                await self._look()
            except Exception:
                log.exception("what the record says could not be used")
            # A long record takes a while to read, which must not take the processor from the calls.
            pause = max(POLL_SECONDS, PAUSE_SHARE * (loop.time() - begun))

    async def _look(self) -> None:
        """Close by the record what ended, take up as joined what it knows to be joined."""
        adapter = self._adapter
        live = list(adapter.journal.book.live())
        talks = await asyncio.to_thread(load, adapter.config.cel_file, [record.call_id for record in live])
        for record in live:
            if not record.is_over:
                self._decide(record, talks.get(record.call_id))

    def _decide(self, record: CallRecord, talk: RecordedTalk | None) -> None:
        adapter, call = self._adapter, self._adapter.calls.get(record.call_id)
        if talk is not None and talk.left_at is not None:
            settle_by_record(adapter, record, talk)
        elif call is None or record.joined_at is not None:
            return  # nobody knows; the call itself ends when its limit has passed
        elif talk is not None:
            log.info("%s was joined while the switch was being lost", record.call_id)
            adapter.adopt(record, talk.joined_at)
        elif self.is_long and not call.may_be_joined:
            call.deliver(LegsGone(None))
