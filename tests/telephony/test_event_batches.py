"""A backlog in one message: signed as a whole, answered event by event as if each had come alone, and nobody is kept waiting."""

import json
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from telephony import batch_wire, webhooks, wire
from telephony.models import Call, CallEvent
from telephony.services import handle_batch as batching
from telephony.services.handle_batch import LOCK_SECONDS, NotDone, handle_batch
from tests.scenario import (
    JOINS_AT,
    Answer,
    assert_everything_released,
    epoch,
    event_of,
    given_customer,
    given_debit,
    given_operator,
    ledger_of,
    send,
    the_call,
    wallet,
    when_called,
)
from tests.support.threads import in_parallel

pytestmark = pytest.mark.django_db(transaction=True)

BATCHES = "/api/telephony/event-batches/"
LEDGER = {"connect_fee": (99, 79, 20), "call": (1197, 958, 239)}
LEFT_OVER = (4500 - 1296, 0)
NOT_DONE = {"status": 503, "body": {"ok": False, "error": "not_done"}}


@pytest.fixture(autouse=True)
def unlimited_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """A busy machine may take longer for a batch than its locks may be held; the limit has a test with a clock of its own."""
    monkeypatch.setattr(webhooks, "handle_batch", handled_without_a_limit)


def handled_without_a_limit(events: Sequence[Any]) -> list[Any]:
    return handle_batch(events, monotonic=lambda: 0.0)


def ended(call: Call) -> wire.CallEvent:
    left = JOINS_AT + 127
    return event_of(
        call, "ended", at=left, why="hangup", ended_by="customer", joined_ms="127000",
        joined_at=epoch(call, JOINS_AT), left_at=epoch(call, left),
    )  # fmt: skip


def story(call: Call) -> list[wire.CallEvent]:
    """All that is told of a call, in order."""
    before = [
        event_of(call, state, at=at, leg=leg)
        for at, (state, leg) in enumerate(
            [("ringing", "customer"), ("answered", "customer"), ("ringing", "operator"), ("answered", "operator")]
        )
    ]  # fmt: skip
    return [*before, event_of(call, "started", at=JOINS_AT, joined_at=epoch(call, JOINS_AT)), ended(call)]


def in_turn(stories: Sequence[Sequence[wire.CallEvent]]) -> list[wire.CallEvent]:
    """The first events of all calls, then the second ones, and so on."""
    return [event for events in zip(*stories, strict=True) for event in events]


def given_calls(count: int) -> list[Call]:
    return [when_called(given_customer(balance="45.00"), given_operator()) for _ in range(count)]


def send_batch(events: Sequence[Any], **more: Any) -> Answer:
    data = [json.loads(one.to_json()) if isinstance(one, wire.CallEvent) else one for one in events]
    return send({"events": data}, path=BATCHES, **more)


def answers_to(events: Sequence[Any], **more: Any) -> list[dict[str, Any]]:
    answer = send_batch(events, **more)
    assert answer.status == 200, answer.body
    assert answer["ok"] is True
    return list(answer["answers"])


def assert_settled(*calls: Call) -> None:
    for call in calls:
        assert ledger_of(call) == LEDGER
        assert wallet(call.customer) == LEFT_OVER
        assert_everything_released(call)


# -- what is answered


def test_each_event_is_answered_as_if_it_had_come_alone_and_in_order() -> None:
    alone, together = given_calls(2)
    events = story(together)
    progress = event_of(together, "progress", at=JOINS_AT + 50, elapsed_ms="50000")
    events.insert(5, progress)
    singly = story(alone)
    singly.insert(5, event_of(alone, "progress", at=JOINS_AT + 50, elapsed_ms="50000"))
    one_by_one = [send(event) for event in singly]
    answers = answers_to(events)
    assert [json.dumps(answer["body"]).replace(together.call_id, alone.call_id).encode() for answer in answers] == [
        answer.body for answer in one_by_one
    ]  # fmt: skip
    assert {answer["status"] for answer in answers} == {200}
    assert_settled(alone, together)
    fields = {
        "status",
        "end_reason",
        "ended_by",
        "joined_ms",
        "charged_seconds",
        "known_joined_ms",
        "sequence",
    }
    first, second = the_call(alone), the_call(together)
    assert {name: getattr(first, name) for name in fields} == {name: getattr(second, name) for name in fields}


def test_a_repeat_is_answered_as_the_first_time_alone_or_in_a_batch() -> None:
    calls = given_calls(3)
    events = in_turn([story(call) for call in calls])
    first = answers_to(events)
    assert answers_to(list(reversed(events))) == list(reversed(first))
    assert answers_to([events[-1], events[-1]]) == [first[-1]] * 2
    assert [send(event).json for event in events] == [answer["body"] for answer in first]
    assert_settled(*calls)
    assert CallEvent.objects.count() == len(events)


def test_the_calls_are_locked_once_and_the_pushes_are_one_statement() -> None:
    calls = given_calls(3)
    with CaptureQueriesContext(connection) as made:
        handled_without_a_limit(in_turn([story(call) for call in calls]))
    sql = [query["sql"] for query in made]
    assert sum("ORDER BY id FOR UPDATE SKIP LOCKED" in one for one in sql) == 1
    assert sum("telephony_call" in one and "FOR UPDATE" in one for one in sql) == 1
    assert sum("pg_notify" in one for one in sql) == 1
    assert (sql.count("BEGIN"), sql.count("COMMIT")) == (1, 1)


# -- who may speak, and in what shape


def assert_refused(answer: Answer, status: int, error: str) -> None:
    assert (answer.status, answer["ok"], answer["error"]) == (status, False, error)
    assert not CallEvent.objects.exists()


def test_a_batch_is_signed_as_a_whole(call: Call) -> None:
    first, second = event_of(call, "ringing", at=1), event_of(call, "answered", at=2)
    assert_refused(send_batch([first], headers={}), 401, "bad_signature")
    assert_refused(send_batch([first], key="somebody-else"), 401, "bad_signature")
    stamp = f"{time.time():.3f}"
    signature = wire.sign("test-api-key-of-no-installation", stamp, batch_wire.batch_body([first]))
    signed = {wire.TIMESTAMP_HEADER: stamp, wire.SIGNATURE_HEADER: signature}
    assert send(batch_wire.batch_body([first]), path=BATCHES, headers=signed).status == 200
    CallEvent.objects.all().delete()
    longer = send(batch_wire.batch_body([first, second]), path=BATCHES, headers=signed)
    assert_refused(longer, 401, "bad_signature")


def test_a_batch_that_is_stale_is_told_the_servers_time(call: Call) -> None:
    answer = send_batch([event_of(call, "ringing", at=1)], signed_at=time.time() - 301)
    assert_refused(answer, 401, "stale_timestamp")
    assert answer["server_time"] == pytest.approx(time.time(), abs=5)


def test_more_than_fifty_events_are_refused_and_fifty_are_taken(call: Call) -> None:
    events = [event_of(call, "ringing", at=1, leg="customer") for _ in range(51)]
    assert_refused(send_batch(events), 413, "events: a list of 1 to 50")
    assert len(answers_to(events[:50])) == 50


@pytest.mark.parametrize("body", [b"", b"[]", b"{}", b'{"events": {}}', b'{"events": []}'])
def test_what_is_no_batch_is_refused(call: Call, body: bytes) -> None:
    answer = send(body, path=BATCHES)
    assert_refused(answer, 400, answer["error"])


def test_a_batch_that_is_too_large_is_refused(call: Call) -> None:
    assert_refused(
        send(b" " * (batch_wire.MAX_BODY_BYTES + 1), path=BATCHES), 400, "body: too large"
    )  # fmt: skip


# -- a bad one spoils no other


def test_what_is_refused_in_a_batch_spoils_no_other() -> None:
    first, second, third = given_calls(3)
    send(taken := event_of(first, "ringing", at=1, leg="customer"))
    bad = [
        "no object",
        {"event_id": "x"},
        replace(event_of(first, "ended", at=3), call_id="call_1_nobody"),
        replace(taken, call_id=second.call_id),
    ]
    events = story(third)
    mixed = [one for pair in zip(bad, events[:4], strict=True) for one in pair] + events[4:]
    answers = answers_to(mixed)
    refusals = [(answer["status"], answer["body"]["error"]) for answer in answers[:8:2]]
    assert refusals == [
        (400, "body: a JSON object"), (400, "sequence: a whole number from 0"), (404, "unknown call_id"),
        (409, "event_of_another_call"),
    ]  # fmt: skip
    assert {answer["status"] for answer in answers[1:8:2] + answers[8:]} == {200}
    assert_settled(third)
    assert (the_call(second).status, the_call(first).status) == ("initiated", "ringing")


def breaks(monkeypatch: pytest.MonkeyPatch, broken: Call, error: Callable[[], None]) -> None:
    """The end of this call does all its work, and then this."""
    apply_event = batching.apply_event

    def applied(call: Call, event: wire.CallEvent) -> dict[str, Any]:
        answer = apply_event(call, event)
        if call.pk == broken.pk and event.state == "ended":
            error()
        return answer

    monkeypatch.setattr(batching, "apply_event", applied)


def a_defect() -> None:
    raise ZeroDivisionError


def a_refusal_of_the_database() -> None:
    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO telephony_callevent (event_id) VALUES (NULL)")


@pytest.mark.parametrize("error", [a_defect, a_refusal_of_the_database])
def test_one_that_breaks_us_leaves_nothing_and_spoils_no_other(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, error: Callable[[], None]
) -> None:
    calls = given_calls(3)
    breaks(monkeypatch, calls[1], error)
    events = in_turn([story(call) for call in calls])
    late = event_of(calls[1], "progress", at=JOINS_AT + 127, elapsed_ms="127000")
    answers = answers_to([*events, late])
    assert [answer["status"] for answer in answers] == [200] * 16 + [500, 200, 503]
    assert answers[16]["body"] == {"ok": False, "error": "server_error"}
    assert answers[18] == NOT_DONE, "of a call nothing is applied before what has to come again"
    assert_settled(calls[0], calls[2])
    assert (ledger_of(calls[1]), the_call(calls[1]).status) == ({}, "answered")
    assert "an event of a batch failed" in caplog.text
    monkeypatch.undo()
    assert [answer["status"] for answer in answers_to([events[16], late])] == [200, 200]
    assert_settled(*calls)


def test_what_only_the_commit_refuses_spoils_no_other(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    calls = given_calls(2)
    events = in_turn([story(call) for call in calls])

    def refuse() -> None:
        raise IntegrityError("a deferred trigger")

    monkeypatch.setattr(batching.push, "send_together", refuse)
    monkeypatch.setattr(batching, "handle_event", failing_once(batching.handle_event, events[0].event_id))
    answers = answers_to(events)
    lost = [number for number, event in enumerate(events) if event.call_id == calls[0].call_id]
    assert [answers[number]["status"] for number in lost] == [500, *[503] * 5]
    assert_settled(calls[1])
    assert "could not be committed" in caplog.text


def failing_once(handle: Callable[[Any], Any], event_id: str) -> Callable[[Any], Any]:
    def handled(event: wire.CallEvent) -> Any:
        if event.event_id == event_id:
            raise IntegrityError("a deferred trigger")
        return handle(event)

    return handled


# -- how long it keeps others waiting


class Clock:
    """Each look at it is so many seconds later."""

    def __init__(self, step: float) -> None:
        self.step, self.at = step, 0.0

    def __call__(self) -> float:
        self.at += self.step
        return self.at


def test_when_its_time_is_up_it_keeps_what_is_done_and_says_what_is_not() -> None:
    calls = given_calls(2)
    events = in_turn([story(call) for call in calls])
    outcomes = handle_batch(events, monotonic=Clock(LOCK_SECONDS / 8))
    done = [outcome for outcome in outcomes if isinstance(outcome, dict)]
    assert 0 < len(done) < len(events)
    assert all(isinstance(outcome, NotDone) for outcome in outcomes[len(done) :])
    assert CallEvent.objects.count() == len(done)
    assert all(isinstance(outcome, dict) for outcome in handled_without_a_limit(events[len(done) :]))
    assert_settled(*calls)


def while_somebody(takes: Callable[[], Any], job: Callable[[], Any]) -> Any:
    """What `job` returns while another transaction has what `takes` takes; it is rolled back then."""
    is_locked, is_done = threading.Event(), threading.Event()

    def holds() -> None:
        with transaction.atomic():
            takes()
            is_locked.set()
            is_done.wait(10)
            transaction.set_rollback(True)

    def works() -> Any:
        is_locked.wait(10)
        try:
            return job()
        finally:
            is_done.set()

    return in_parallel(holds, works)[1]


def test_a_call_that_somebody_else_has_is_not_waited_for() -> None:
    first, second = given_calls(2)
    events = in_turn([story(first), story(second)])
    answers = while_somebody(lambda: Call.objects.locked().get(pk=first.pk), lambda: answers_to(events))
    assert answers[::2] == [NOT_DONE] * 6
    assert {answer["status"] for answer in answers[1::2]} == {200}
    assert_settled(second)
    assert {answer["status"] for answer in answers_to(events[::2])} == {200}
    assert_settled(first)


def test_who_has_money_that_an_event_needs_is_not_waited_for_while_others_wait_for_us() -> None:
    """A text, say, has the second customer's wallet and may want the first operator's account."""
    first, second, third = given_calls(3)
    events = [*story(first), *story(second), *story(third)]
    answers = while_somebody(lambda: given_debit(second.customer, "0.10"), lambda: answers_to(events))
    assert [answer["status"] for answer in answers] == [200] * 11 + [503] + [200] * 6
    assert_settled(first, third)
    assert [answer["status"] for answer in answers_to(events[11:12])] == [200]
    assert_settled(second)
