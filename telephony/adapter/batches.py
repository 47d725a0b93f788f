"""Tells Django a backlog: the waiting events of many calls in one message, one message after the other.

Used by the reporter while it is behind. What Django did not get to goes into the next message as long as it gets to anything.
Where batches are not understood, as by an older Django, events are told alone for a while.
"""

import asyncio
import logging
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from telephony.batch_wire import MAX_EVENTS, NOT_DONE, Answer, parse_answers
from telephony.wire import CallEvent

log = logging.getLogger(__name__)

GATHER_SECONDS = 0.02  # for what begins to be told at the same moment
REFUSED_SECONDS = 60.0
# Web, or its database, is away or will not listen now; single events would fare no better.
_AWAY = frozenset({401, 429, 502, 503, 504})

Send = Callable[[Sequence[CallEvent]], Awaitable[tuple[int, Any] | None]]


class TellAlone(Exception):
    """Batches are not taken now: each event is to be told by itself."""


@dataclass(slots=True)
class _Run:
    """Events of one call, in order; `answers` to the first of them."""

    events: list[CallEvent]
    told: asyncio.Future[list[Answer | None]]
    answers: list[Answer] = field(default_factory=list)

    @property
    def waiting(self) -> list[CallEvent]:
        return self.events[len(self.answers) :]

    def close(self) -> None:
        """What has no answer is to be told again."""
        if not self.told.done():
            self.told.set_result([*self.answers, *(None for _ in self.waiting)])


class Batches:
    """Gathers runs of events and sends them. `send` posts a batch and returns status and answer, None without one."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self._runs: deque[_Run] = deque()
        self._sender: asyncio.Task[None] | None = None
        self._refused_until = 0.0
        self._is_away = False
        self._back = asyncio.Event()

    @property
    def are_taken(self) -> bool:
        """Whether Django is not known to refuse them."""
        return asyncio.get_running_loop().time() >= self._refused_until

    async def tell(self, events: list[CallEvent]) -> list[Answer | None]:
        """Tell events of one call, in order: the answer to each as if it had been told alone, None: to be told again.

        Raises TellAlone.
        """
        run = _Run(events, asyncio.get_running_loop().create_future())
        self._runs.append(run)
        if self._sender is None or self._sender.done():
            self._sender = asyncio.create_task(self._send_all())
        return await run.told

    async def pause(self, seconds: float) -> None:
        """Wait before a next try: so long, or until Django answers a batch again after it did not."""
        try:
            async with asyncio.timeout(seconds):
                await self._back.wait()
        except TimeoutError:
            pass

    async def close(self) -> None:
        """Send nothing more."""
        if self._sender is not None:
            self._sender.cancel()
            await asyncio.gather(self._sender, return_exceptions=True)

    async def _send_all(self) -> None:
        await asyncio.sleep(GATHER_SECONDS)
        while runs := self._next():
            try:
                await self._tell(runs)
            except Exception:
                log.exception("a batch of events could not be told")
                for run in runs:
                    run.close()

    def _next(self) -> list[_Run]:
        """The runs that fit into one batch, the first ones that wait."""
        runs: list[_Run] = []
        count = 0
        while self._runs:
            if self._runs[0].told.done():  # whoever asked was stopped
                self._runs.popleft()
                continue
            count += len(self._runs[0].waiting)
            if runs and count > MAX_EVENTS:
                break
            runs.append(self._runs.popleft())
        return runs

    async def _tell(self, runs: list[_Run]) -> None:
        events = [event for run in runs for event in run.waiting]
        reply = await self._send(events)
        if reply is None or reply[0] in _AWAY:
            self._is_away = True
            for run in runs:
                run.close()
            return
        answers = parse_answers(reply[1], len(events)) if reply[0] == 200 else None
        if answers is None:
            self._refuse(runs, reply[0])
            return
        self._welcome_back()
        self._take(runs, answers)

    def _take(self, runs: list[_Run], answers: Sequence[Answer]) -> None:
        """Give each run its answers; one that is not through comes first in the next batch, if this one came to anything."""
        is_of_use = any(answer != NOT_DONE for answer in answers)
        again = []
        begin = 0
        for run in runs:
            mine = answers[begin : begin + len(run.waiting)]
            begin += len(mine)
            done = mine.index(NOT_DONE) if NOT_DONE in mine else len(mine)
            run.answers += mine[:done]
            if run.waiting and is_of_use and all(status < 500 for status, _ in mine[:done]):
                again.append(run)
            else:
                run.close()
        self._runs.extendleft(reversed(again))

    def _refuse(self, runs: list[_Run], status: int) -> None:
        log.info("Django takes no batches (%d); events are told one at a time", status)
        self._refused_until = asyncio.get_running_loop().time() + REFUSED_SECONDS
        for run in [*runs, *self._runs]:
            if not run.told.done():
                run.told.set_exception(TellAlone())
        self._runs.clear()

    def _welcome_back(self) -> None:
        if self._is_away:
            self._is_away = False
            self._back.set()
            self._back = asyncio.Event()
