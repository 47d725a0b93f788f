"""Batches, single events, and the sweeper at once, on real threads and PostgreSQL: no deadlock, and the books are those of one of them."""

import json
from collections.abc import Callable, Sequence
from typing import Any

import pytest
from django.db import connection

from core.db import DEADLOCK, sqlstate
from telephony.models import Call, CallEvent
from telephony.services.handle_batch import NotDone, handle_batch
from telephony.services.handle_event import handle_event
from telephony.services.sweep import sweep
from telephony.wire import CallEvent as WireEvent
from tests.scenario import assert_books_are_whole, assert_has, its_time
from tests.support.phone_system import PhoneSystem
from tests.support.threads import in_parallel
from tests.telephony.test_event_batches import assert_settled, given_calls, in_turn, story

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]

MOST = 50


@pytest.mark.parametrize("count", [5, pytest.param(40, marks=pytest.mark.long)])
def test_batches_single_events_and_the_sweeper_at_once_settle_each_call_once(
    phone_system: PhoneSystem, count: int
) -> None:
    calls = given_calls(count)
    stories = [story(call) for call in calls]
    for call, events in zip(calls, stories, strict=True):
        phone_system.says(call.call_id, state="over", ending=json.loads(events[-1].to_json()))
    deadlocks: list[BaseException] = []
    backwards = list(reversed(stories))
    jobs = [
        lambda: batched(in_turn(stories)),
        lambda: batched(in_turn(backwards)),
        lambda: batched([event for events in stories for event in events]),
        lambda: batched([event for events in backwards for event in events]),
        lambda: singly(in_turn(stories)),
        lambda: singly([event for events in backwards for event in events]),
        lambda: sweep_late(calls[0]),
        lambda: sweep_late(calls[0]),
    ]
    results = in_parallel(*(noting(deadlocks, calls[0], job) for job in jobs))
    assert deadlocks == []
    assert_settled(*calls)
    assert CallEvent.objects.count() == len({event.event_id for events in stories for event in events})
    for answers in results[:6]:
        ends = [answer for answer in answers if "charged" in answer]
        assert len(ends) == count
        for answer in ends:
            assert_has(answer, {"duration_seconds": 127, "charged": 12.96})
    assert_books_are_whole()


def batched(events: Sequence[WireEvent]) -> list[dict[str, Any]]:
    """As the adapter does it: what was not done comes again."""
    waiting, answers = list(events), []
    while waiting:
        batch, waiting = waiting[:MOST], waiting[MOST:]
        outcomes = handle_batch(batch)
        again = []
        for event, outcome in zip(batch, outcomes, strict=True):
            if isinstance(outcome, NotDone):
                again.append(event)
            else:
                assert isinstance(outcome, dict), outcome
                answers.append(outcome)
        waiting = again + waiting
    return answers


def singly(events: Sequence[WireEvent]) -> list[dict[str, Any]]:
    return [handle_event(event) for event in events]


def sweep_late(call: Call) -> list[dict[str, Any]]:
    with its_time(call, 400):
        assert sweep().presumed == 0
    return []


def noting(deadlocks: list[BaseException], call: Call, job: Callable[[], Any]) -> Callable[[], Any]:
    """Keeps each deadlock that the database told the job's connection of."""

    def watch(execute: Any, *arguments: Any) -> Any:
        try:
            return execute(*arguments)
        except Exception as error:
            if sqlstate(error) == DEADLOCK:
                deadlocks.append(error)
            raise

    def run() -> Any:
        with connection.execute_wrapper(watch), its_time(call, 200):
            return job()

    return run
