"""Apply a backlog of events in one transaction: the calls are locked once, each event has a savepoint, and all are answered in order.

One that fails spoils no other: its savepoint rolls back. Locks are held for 200 ms at most: an event that needs a row which somebody
else keeps is left for later, and none is begun when the time is up. What was done by then is committed, the rest is answered as
not done. Of a call no event is applied before an earlier one of the batch that has to come again.
"""

import logging
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from django.db import DatabaseError, OperationalError, connection, transaction

from core import log_lines, push
from core.db import DEADLOCK, LOCK_NOT_AVAILABLE, SERIALIZATION_FAILURE, is_unavailable, sqlstate
from core.errors import DomainError
from telephony.errors import UnknownCall
from telephony.event_reads import LockedCalls, earlier_answer, locked_call, locked_calls
from telephony.models import Call
from telephony.services.handle_event import apply_event, handle_event, is_kept
from telephony.states import EventState
from telephony.wire import CallEvent, WireError

log = logging.getLogger(__name__)

LOCK_SECONDS = 0.2
LOCK_WAIT_SECONDS = 0.05  # for a row that an event needs besides its call
_LAST_START_SECONDS = LOCK_SECONDS - LOCK_WAIT_SECONDS
_CONFLICTS = (DEADLOCK, SERIALIZATION_FAILURE)
# What these write is all that they change of the call, so it is not read anew for the next event.
_KNOWN_AFTERWARDS = (EventState.RINGING, EventState.ANSWERED, EventState.STARTED)

Entry = CallEvent | WireError


class NotDone(Exception):
    """The batch did not get to this event; it has to come again."""


class Failed(Exception):
    """An event broke us; nothing of it is kept, and it has to come again."""


Outcome = (
    dict[str, Any] | Exception
)  # an answer, or why there is none: as handle_event raises it, or one of these two


def handle_batch(
    entries: Sequence[Entry], *, monotonic: Callable[[], float] = time.monotonic
) -> list[Outcome]:
    """What each entry came to, in their order: the answer of `handle_event`, what it would raise, NotDone, or Failed.

    In the place of an unusable event stands its WireError, which is its outcome. `monotonic` (seconds) measures the locks.
    """
    outcomes: list[Outcome] = []
    try:
        with transaction.atomic():
            outcomes += _Batch(entries, monotonic).run()
            push.send_together()
    except DatabaseError as error:
        if is_unavailable(error):
            raise
        # Something that is checked at the commit alone: which event it was shows when each has a transaction of its own.
        log.exception("a batch could not be committed; its events are taken one at a time")
        return list(_one_at_a_time(entries))
    return outcomes


class _Batch:
    """The events of one transaction."""

    def __init__(self, entries: Sequence[Entry], monotonic: Callable[[], float]) -> None:
        self._entries = entries
        self._monotonic = monotonic
        self._is_over = False  # no further event is begun

    def run(self) -> Iterator[Outcome]:
        began = self._monotonic()
        events = [entry for entry in self._entries if isinstance(entry, CallEvent)]
        self._locked = _locked(events)
        self._waiting = set(self._locked.busy)  # calls of which nothing more is applied
        for entry in self._entries:
            self._is_over = self._is_over or self._monotonic() - began >= _LAST_START_SECONDS
            yield self._outcome(entry)

    def _outcome(self, entry: Entry) -> Outcome:
        if isinstance(entry, WireError):
            return entry
        if self._is_over or entry.call_id in self._waiting:
            return self._again(entry, NotDone())
        with log_lines.also(call=entry.call_id):
            try:
                with transaction.atomic():
                    return self._answer(entry)
            except DomainError as refusal:
                self._locked.calls.pop(entry.call_id, None)  # it may say what was rolled back
                return refusal
            except Exception as error:
                return self._again(entry, self._failure(error))

    def _answer(self, event: CallEvent) -> dict[str, Any]:
        earlier = self._locked.earlier
        call = self._call(event)
        answer = earlier_answer(call, earlier.get(event.event_id) if is_kept(event) else None)
        if answer is not None:
            return answer
        answer = apply_event(call, event)
        if is_kept(event):
            earlier[event.event_id] = (call.pk, answer)
        if event.state not in _KNOWN_AFTERWARDS:
            del self._locked.calls[event.call_id]
        return answer

    def _call(self, event: CallEvent) -> Call:
        calls = self._locked.calls
        if event.call_id not in calls:
            if event.call_id not in self._locked.ids:
                raise UnknownCall("unknown call_id")
            calls[event.call_id], _ = locked_call(event.call_id, "")
        return calls[event.call_id]

    def _again(self, event: CallEvent, outcome: Outcome) -> Outcome:
        self._waiting.add(event.call_id)
        return outcome

    def _failure(self, error: Exception) -> Outcome:
        state = sqlstate(error) if isinstance(error, OperationalError) else None
        if state == LOCK_NOT_AVAILABLE:
            return NotDone()
        if state in _CONFLICTS:
            self._is_over = True  # somebody waits for what we have locked
            return NotDone()
        if is_unavailable(error):
            raise error
        log.error("an event of a batch failed", exc_info=error)
        return Failed()


def _locked(events: Sequence[CallEvent]) -> LockedCalls:
    with connection.cursor() as cursor:
        cursor.execute(f"SET LOCAL lock_timeout = {int(LOCK_WAIT_SECONDS * 1000)}")
    return locked_calls(
        [event.call_id for event in events], [event.event_id for event in events if is_kept(event)]
    )


def _one_at_a_time(entries: Sequence[Entry]) -> Iterator[Outcome]:
    """Each in a transaction of its own."""
    waiting: set[str] = set()
    for entry in entries:
        if isinstance(entry, WireError):
            yield entry
        elif entry.call_id in waiting:
            yield NotDone()
        else:
            try:
                yield handle_event(entry)
            except DomainError as refusal:
                yield refusal
            except Exception as error:
                if is_unavailable(error):
                    raise
                log.exception("an event of a batch failed")
                waiting.add(entry.call_id)
                yield Failed()
