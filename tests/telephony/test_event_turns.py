"""An event takes few turns to the database, and what others change meanwhile is neither lost nor overlooked."""

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from django.db.models import F
from django.test.utils import CaptureQueriesContext
from psycopg.pq import PipelineStatus

from billing.models import Authorization
from core import clock
from operators.models import Interaction, Operator, OperatorDay
from operators.services.presence import set_presence
from operators.states import Availability, Presence
from telephony.event_reads import locked_call
from telephony.models import Call, CallEvent
from telephony.services import end_call as ending
from telephony.services.handle_event import handle_event
from telephony.states import CallStatus, EndedBy, EndReason
from telephony.wire import CallEvent as WireEvent
from tests.scenario import (
    JOINS_AT,
    assert_everything_released,
    epoch,
    event_of,
    given_customer,
    given_free_minutes,
    given_operator,
    its_time,
    ledger_of,
    tell,
    the_call,
    when_called,
)
from tests.support.threads import in_parallel
from tests.support.waiting import WAITING

# Between BEGIN and COMMIT; after it comes one statement for all pushes.
TURNS = {
    "ringing": 2,
    "answered": 2,
    "started": 2,
    "progress": 4,  # the authorization and the wallet are locked
    "ended": 2,
}


def ended(call: Call, milliseconds: int = 127_000) -> WireEvent:
    left = JOINS_AT + milliseconds / 1000
    return event_of(
        call, "ended", at=left, why="hangup", ended_by="customer", joined_ms=str(milliseconds),
        joined_at=epoch(call, JOINS_AT), left_at=epoch(call, left),
    )  # fmt: skip


def statements_of(call: Call, event: WireEvent, at: float) -> list[str]:
    with its_time(call, at), CaptureQueriesContext(connection) as captured:
        handle_event(event)
    return [query["sql"] for query in captured]


def talk(call: Call) -> Iterator[tuple[str, list[str]]]:
    """Each event of a call and its statements."""
    for at, (state, metadata) in enumerate(
        [
            ("ringing", {"leg": "customer"}),
            ("answered", {"leg": "customer"}),
            ("ringing", {"leg": "operator"}),
            ("answered", {"leg": "operator"}),
            ("started", {}),
            ("progress", {"elapsed_ms": "1000"}),
        ]
    ):
        yield (
            state,
            statements_of(call, event_of(call, state, at=JOINS_AT - 4 + at, **metadata), JOINS_AT + at),
        )
    yield "ended", statements_of(call, ended(call), 137)


@pytest.mark.django_db(transaction=True)
def test_each_event_takes_the_turns_that_it_needs_and_no_more() -> None:
    customer = given_customer(balance="90.00")
    given_free_minutes(customer, 2)
    operator = given_operator(wrap_up_seconds=60)  # else all who wait for her hear of it
    for _ in talk(when_called(customer, given_operator())):
        pass  # from now on this connection has its plans
    for state, made in talk(when_called(customer, operator)):
        inside = made[made.index("BEGIN") + 1 : made.index("COMMIT")]
        turns = [sql for sql in inside if not sql.startswith("SELECT FROM ")]  # a lock goes along, see below
        assert len(turns) == TURNS[state], made
        assert sum("pg_notify" in sql for sql in made) == (0 if state == "progress" else 1)


@pytest.mark.django_db
def test_a_lock_goes_to_the_database_in_the_turn_of_what_is_read_under_it() -> None:
    call = when_called(given_customer(), given_operator())
    in_one_turn = []

    def note(execute: Any, *arguments: Any) -> Any:
        in_one_turn.append(connection.connection.pgconn.pipeline_status == PipelineStatus.ON)
        return execute(*arguments)

    with transaction.atomic(), connection.execute_wrapper(note):
        locked_call(call.call_id, "event_1")
    assert in_one_turn == [True, True]


@pytest.mark.django_db(transaction=True)
def test_who_waited_for_the_call_sees_all_that_was_done_meanwhile() -> None:
    """The same event twice at once: the one that waited is answered as the other was."""
    call = when_called(given_customer(), given_operator())
    tell(call, "started", at=JOINS_AT)
    event, is_locked = ended(call), threading.Event()

    def waits() -> dict[str, Any]:
        is_locked.wait(10)
        with its_time(call, 137):
            return handle_event(event)

    def leads() -> dict[str, Any]:
        with its_time(call, 137), transaction.atomic():
            answer = handle_event(event)
            is_locked.set()
            wait_until_somebody_waits()
        return answer

    first, second = in_parallel(leads, waits)
    assert first == second
    assert CallEvent.objects.filter(event_id=event.event_id).count() == 1
    assert_everything_released(call)


@pytest.mark.django_db(transaction=True)
def test_what_the_operator_does_while_the_call_ends_is_not_overwritten(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    operator = given_operator(wrap_up_seconds=0)
    call = when_called(given_customer(), operator)
    tell(call, "started", at=JOINS_AT)

    def goes_away() -> None:
        set_presence(operator_id=operator.pk, presence=Presence.AWAY)
        connection.close()

    between(monkeypatch, lambda: ThreadPoolExecutor(1).submit(goes_away).result())
    with its_time(call, 137):
        handle_event(ended(call))
    operator.refresh_from_db()
    assert (operator.presence, operator.in_call) == (Presence.AWAY, False)
    assert operator.availability == Availability.AWAY
    assert_everything_released(call)


@pytest.mark.django_db
def test_a_grant_that_changes_while_the_call_ends_is_what_it_is_charged_by(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    call = when_called(given_customer(balance="90.00"), given_operator())
    tell(call, "started", at=JOINS_AT)
    granted = Authorization.objects.filter(pk=call.authorization_id)
    granted_before = granted.get().granted_seconds

    def grow() -> None:
        granted.filter(granted_seconds=granted_before).update(granted_seconds=F("granted_seconds") + 60)

    between(monkeypatch, grow)
    event = ended(call, (granted_before + 30) * 1000)
    with its_time(call, granted_before + 40):
        answer = handle_event(event)
    assert answer["duration_seconds"] == granted_before + 30
    assert CallEvent.objects.get(event_id=event.event_id).answer == answer
    assert the_call(call).charged_seconds == granted_before + 30
    assert ledger_of(call)["call"][0] == (granted_before + 60) // 60 * 399
    assert_everything_released(call)


def wait_until_somebody_waits() -> None:
    deadline = time.monotonic() + 10
    with connection.cursor() as cursor:
        while time.monotonic() < deadline:
            cursor.execute(WAITING)
            if cursor.fetchone()[0]:
                return
    raise AssertionError("nobody waits")


def between(monkeypatch: pytest.MonkeyPatch, change: Callable[[], Any]) -> None:
    """`change` happens after the call was read and before its end is written."""
    carry_out = ending.carry_out

    def changed(*arguments: Any) -> Any:
        change()
        return carry_out(*arguments)

    monkeypatch.setattr(ending, "carry_out", changed)


@pytest.mark.django_db
@pytest.mark.parametrize("joined_ms", [None, 60_000])
@pytest.mark.parametrize("is_read_for_an_event", [True, False])
def test_all_that_an_end_changes_of_a_call_is_written(
    joined_ms: int | None, is_read_for_an_event: bool
) -> None:
    call = when_called(given_customer(), given_operator())
    Call.objects.filter(pk=call.pk).update(idempotency_key="a click")
    at = clock.now()
    if is_read_for_an_event:
        ours, _ = locked_call(call.call_id, "an event")
    else:
        ours = Call.objects.locked().get(pk=call.pk)
    ours.node, ours.heard_at, ours.known_joined_ms = "node 1", at, 59_000
    ours.idempotency_key = None
    if joined_ms:
        ours.joined_at, ours.left_at = at - timedelta(minutes=1), at
    ending.end_call(
        ours, status=CallStatus.BUSY, reason=EndReason.HANGUP, ended_by=EndedBy.CUSTOMER, joined_ms=joined_ms,
        at=at, needs_review=True,
    )  # fmt: skip
    theirs = Call.objects.get(pk=call.pk)
    for field in Call._meta.concrete_fields:
        assert getattr(theirs, field.attname) == getattr(ours, field.attname), field.name
    assert theirs.status == (CallStatus.ENDED if joined_ms else CallStatus.BUSY)
    operator = Operator.objects.get(pk=call.operator_id)
    assert (operator.in_call, operator.wrap_up_until) == (
        False,
        ours.operator.wrap_up_until if joined_ms else None,
    )
    counted = [(1, 60)] if joined_ms else []
    for rows in (Interaction.objects.all(), OperatorDay.objects.filter(calls__gt=0)):
        assert list(rows.values_list("calls", "seconds")) == counted
    assert_everything_released(call)
