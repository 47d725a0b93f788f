"""Tells Django what happened: signed, in order per call, at least once, for as long as it takes.

Facts are journalled before they are sent and repeated with back-off until answered; calls do not wait for one
another. Answers 400, 404, 409 and 422 are final: the event is kept aside and logged. A question (`progress`) is
asked once, with a short time limit, and never journalled: its answer is worth nothing later. Only Django's word
(`ok: false`) is final: a 404 of a proxy that has lost its backend says nothing about the event.

While more events wait than are sent at once, they are told in batches (`batches`), several of a call together.
"""

import asyncio
import json
import logging
import random
import time
from collections import defaultdict, deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from itertools import islice, takewhile
from pathlib import Path
from typing import Any

import aiohttp

from core import log_lines
from telephony.adapter.batches import Batches, TellAlone
from telephony.adapter.call_store import delivered_record, event_record, refused_record
from telephony.adapter.journal import Journal, JournalError
from telephony.adapter.tls import connector
from telephony.batch_wire import batch_body
from telephony.states import ENDINGS, EventState
from telephony.wire import SIGNATURE_HEADER, TIME_HEADER, TIMESTAMP_HEADER, CallEvent, sign, told_time

log = logging.getLogger(__name__)

FINAL_STATUSES = frozenset({400, 404, 409, 422})
FACT_SECONDS = 10.0
QUESTION_SECONDS = 2.0
FIRST_PAUSE_SECONDS = 0.5
LONGEST_PAUSE_SECONDS = 30.0
TIME_TOLERANCE_SECONDS = 0.05
NEWS_SECONDS = 2.0  # a change of the offset that is worth a line in the log
SENDING_AT_ONCE = 16
TOGETHER = 10  # events of one call in a batch
# Told only once they are on the disk: after a crash nothing else may be told of what money follows from.
_DURABLE_FIRST = ENDINGS | {EventState.STARTED, EventState.ADD_FUNDS}

Answer = dict[str, Any]
Reply = tuple[int, Answer]


class Reporter:
    """Sends events. `on_answer(event, status, answer)` is told what Django said to each fact, once."""

    def __init__(
        self,
        url: str,
        key: str,
        journal: Journal,
        on_answer: Callable[[CallEvent, int, Answer], None],
        *,
        batch_url: str = "",
        clock: Callable[[], float] = time.time,
        ca: Path | None = None,
    ) -> None:
        self._url = url
        self._batch_url = batch_url  # none: every event is told alone
        self._key = key
        self._journal = journal
        self._on_answer = on_answer
        self._clock = clock
        self._ca = ca
        self._queues: dict[str, deque[CallEvent]] = defaultdict(deque)
        self._workers: dict[str, asyncio.Task[None]] = {}
        self._slots = asyncio.Semaphore(SENDING_AT_ONCE)
        self._batches = Batches(self._send_batch)
        self._session: aiohttp.ClientSession | None = None
        self.offset = 0.0  # Django's clock minus ours, by its last answer

    async def start(self) -> None:
        """Open the connection pool and take up what an earlier life left undelivered."""
        # A redirect would send the event, signature and all, elsewhere; cookies mean nothing here.
        self._session = aiohttp.ClientSession(
            cookie_jar=aiohttp.DummyCookieJar(), connector=connector(self._ca)
        )
        for event in self._journal.book.outbox.values():
            self._enqueue(event)

    async def close(self) -> None:
        """Stop sending; what is undelivered stays in the journal."""
        workers = list(self._workers.values())
        for worker in workers:
            worker.cancel()
        await asyncio.gather(*workers, return_exceptions=True)
        await self._batches.close()
        if self._session is not None:
            await self._session.close()

    def report(self, event: CallEvent) -> None:
        """Journal a fact and send it, after the earlier ones of its call."""
        self._journal.append(event_record(event, self._clock()))
        self._enqueue(event)

    async def ask(self, event: CallEvent) -> Reply | None:
        """Ask a question: (status, answer), or None when there was no answer in time."""
        return await self.send(self._url, event.to_json(), QUESTION_SECONDS)

    async def send(self, url: str, body: bytes, seconds: float) -> Reply | None:
        """Send a message to an address of Django's, signed: (status, answer), or None when there was no answer in time."""
        for _ in range(2):
            reply = await self._post(url, body, seconds)
            if reply is None or not self._learned_time(*reply):
                return reply
        return None

    @property
    def undelivered(self) -> int:
        return len(self._journal.book.outbox)

    async def drained(self, call_id: str) -> None:
        """Return when nothing of this call is waiting to be sent."""
        if worker := self._workers.get(call_id):
            await asyncio.wait({worker})

    def _enqueue(self, event: CallEvent) -> None:
        self._queues[event.call_id].append(event)
        if event.call_id not in self._workers:
            self._workers[event.call_id] = asyncio.create_task(self._deliver_all(event.call_id))

    async def _deliver_all(self, call_id: str) -> None:
        queue = self._queues[call_id]
        pause = FIRST_PAUSE_SECONDS
        try:
            while queue:
                if self._is_void(queue[0]):
                    self._drop(queue.popleft())
                    continue
                for event, reply in await self._tell_next(queue):
                    if not self._is_through(event, reply):
                        pause = await self._wait(event, reply, pause)
                        break
                    queue.popleft()
                    pause = FIRST_PAUSE_SECONDS
        finally:
            del self._workers[call_id], self._queues[call_id]

    async def _tell_next(self, queue: deque[CallEvent]) -> list[tuple[CallEvent, Reply | None]]:
        """Tell what is next of a call: one event, or while much waits those behind it, too. Each with its reply, in order."""
        event, together = queue[0], self._together(queue)
        for told in together or [event]:
            if told.state in _DURABLE_FIRST:
                await self._sync(told)
        if together:
            with suppress(TellAlone):
                return list(zip(together, await self._batches.tell(together), strict=True))
        async with self._slots:
            return [(event, await self._post(self._url, event.to_json(), FACT_SECONDS))]

    def _together(self, queue: deque[CallEvent]) -> list[CallEvent]:
        """What of a call goes into a batch: nothing, unless more waits than is sent at once. What charges a card is told alone."""
        if not self._batch_url or self.undelivered <= SENDING_AT_ONCE or not self._batches.are_taken:
            return []
        return list(takewhile(lambda event: event.state is not EventState.ADD_FUNDS, islice(queue, TOGETHER)))

    async def _send_batch(self, events: Sequence[CallEvent]) -> tuple[int, Any] | None:
        for _ in range(2):
            reply = await self._exchange(self._batch_url, batch_body(events), FACT_SECONDS)
            if reply is None or not isinstance(reply[1], dict) or not self._learned_time(*reply):
                return reply
        return None

    def _is_through(self, event: CallEvent, reply: Reply | None) -> bool:
        """Take the reply to an event; whether it is done with, and the next one's turn."""
        if reply is None:
            return False
        status, answer = reply
        if 200 <= status < 300:
            self._journal.append(delivered_record(event.event_id))
            self._pass_on(event, status, answer)
            return True
        if status in FINAL_STATUSES and answer.get("ok") is False:
            self._refused(event, status, answer)
            return True
        return False

    async def _wait(self, event: CallEvent, reply: Reply | None, pause: float) -> float:
        """Wait about `pause` before an event is told again; how long the next time."""
        if reply is not None:
            if self._learned_time(*reply) and pause == FIRST_PAUSE_SECONDS:
                return 2 * pause
            log.warning("event %s of %s: answer %d, sent again later", event.state, event.call_id, reply[0])
        # Jitter: many calls wait for the same Django and must not all return in the same instant.
        await self._batches.pause(pause * random.uniform(0.8, 1.2))  # noqa: S311 - spreads load, guards nothing
        return min(2 * pause, LONGEST_PAUSE_SECONDS)

    def _drop(self, event: CallEvent) -> None:
        log.warning("%s of %s is not told: the call is over", event.state, event.call_id)
        self._journal.append(delivered_record(event.event_id))

    def _is_void(self, event: CallEvent) -> bool:
        """Whether it asks for what only a call that goes on can use: told now, it would charge a card for nothing."""
        call = self._journal.book.calls.get(event.call_id)
        return event.state is EventState.ADD_FUNDS and (call is None or call.is_over)

    async def _sync(self, event: CallEvent) -> None:
        try:
            await self._journal.sync()
        except JournalError:
            log.exception("event %s of %s is sent although the disk refused it", event.state, event.call_id)

    def _refused(self, event: CallEvent, status: int, answer: Answer) -> None:
        log.error(
            "event %s of %s refused for good: %d %s", event.state, event.call_id, status, answer.get("error")
        )
        self._journal.append(refused_record(event, status, self._clock()))
        self._pass_on(event, status, answer)

    def _pass_on(self, event: CallEvent, status: int, answer: Answer) -> None:
        """Tell the call what Django said; whatever it makes of that, the next event is sent."""
        try:
            self._on_answer(event, status, answer)
        except Exception:
            log.exception("the answer to %s of %s could not be used", event.state, event.call_id)

    async def learn_time(self) -> None:
        """Ask Django for nothing but its date; without an answer the offset stays as it is."""
        assert self._session is not None
        timeout = aiohttp.ClientTimeout(total=QUESTION_SECONDS)
        asked = asyncio.get_running_loop().time()
        try:
            # It refuses a GET, in an answer that is dated as all its answers are.
            async with self._session.get(self._url, timeout=timeout, allow_redirects=False) as response:
                self._take_time(response.headers.get(TIME_HEADER), asked)
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            log.warning("Django does not tell its date: %s", type(error).__name__)

    def _take_time(self, told: str | None, asked: float) -> None:
        """Take Django's date from an answer to what was asked at `asked` (monotonic).

        It was told at some moment since: an offset that is possible still is kept, so an answer that waited for us while
        we were paused teaches nothing wrong.
        """
        date = told_time(told)
        if date is None:
            return
        least, took = date - self._clock(), asyncio.get_running_loop().time() - asked
        if least - TIME_TOLERANCE_SECONDS <= self.offset <= least + took + TIME_TOLERANCE_SECONDS:
            return
        offset = least + took / 2
        if abs(offset - self.offset) > NEWS_SECONDS:
            log.warning("our clock is %.1f s off Django's", offset)
        self.offset = offset

    def _learned_time(self, status: int, answer: Answer) -> bool:
        """Whether the answer was `stale_timestamp` with the server's time, which is then used from now on."""
        server_time = answer.get("server_time")
        if (
            status != 401
            or answer.get("error") != "stale_timestamp"
            or not isinstance(server_time, int | float)
        ):
            return False
        self.offset = server_time - self._clock()
        log.warning("our clock is %.1f s off Django's; signing by Django's", self.offset)
        return True

    async def _post(self, url: str, body: bytes, seconds: float) -> Reply | None:
        """One sending, freshly signed; None when nothing usable came back."""
        reply = await self._exchange(url, body, seconds)
        return reply if reply is not None and isinstance(reply[1], dict) else None

    async def _exchange(self, url: str, body: bytes, seconds: float) -> tuple[int, Any] | None:
        """The same, with whatever JSON came back; None in its place where it was none."""
        assert self._session is not None
        stamp = f"{self._clock() + self.offset:.3f}"
        headers = {
            "Content-Type": "application/json",
            TIMESTAMP_HEADER: stamp,
            SIGNATURE_HEADER: sign(self._key, stamp, body),
        }
        if request_id := log_lines.current().get("request"):
            headers[log_lines.REQUEST_ID_HEADER] = request_id
        timeout = aiohttp.ClientTimeout(total=seconds)
        asked = asyncio.get_running_loop().time()
        try:
            async with self._session.post(
                url, data=body, headers=headers, timeout=timeout, allow_redirects=False
            ) as response:
                self._take_time(response.headers.get(TIME_HEADER), asked)
                text = await response.read() if response.status < 500 else b"{}"
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            log.debug("an event was not taken: %s", type(error).__name__)
            return None
        try:
            return response.status, json.loads(text)
        except ValueError:
            return response.status, None
