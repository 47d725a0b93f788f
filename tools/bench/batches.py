"""A backlog of events in batches beside the same one event at a time: both by WSGI in this process, in turns.

Each is the whole story of calls as the adapter tells it, from the first ring to the settled end.
"""

import json
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from statistics import median
from typing import Any

from tools.bench.database import People, people, running_calls, settle_statistics
from tools.bench.first_design import TALKED_SECONDS
from tools.bench.settlement import ended_events
from tools.bench.table import Goal

Application = Callable[[dict[str, Any], Callable[..., Any]], Any]


def measure(*, calls: int = 100, rounds: int = 5) -> list[Goal]:
    """Events a second, of each round."""
    from django.core.wsgi import get_wsgi_application
    from django.db import connection

    from telephony.batch_wire import MAX_EVENTS

    connection.settings_dict["CONN_MAX_AGE"] = None  # kept, as the pool of a running process keeps them
    connection.close()
    them, application = people(calls), get_wsgi_application()
    settle_statistics()
    rates: dict[int, list[float]] = {1: [], MAX_EVENTS: []}
    for turn in range(rounds + 1):
        for size, measured in rates.items():
            events = _backlog(them, f"call_{turn}{size:03}_")
            rate = _rate(application, events, size)
            if turn:  # the first one warms up
                measured.append(rate)
    alone, together = median(rates[1]), median(rates[MAX_EVENTS])
    return [
        Goal(
            what="a backlog of events in batches",
            measured=together / alone,
            wanted=3,
            is_least=True,
            unit=" ×",
            beside=f"one at a time: {alone:.0f}/s; ours {together:.0f}/s, {MAX_EVENTS} in a batch, {calls} calls",
        )
    ]


def _backlog(them: People, prefix: str) -> list[Any]:
    """All events of a call that each customer has with their operator, call after call."""
    from telephony.models import Call
    from telephony.states import CallStatus, EventState
    from telephony.wire import CallEvent

    ids = running_calls(them, prefix, datetime.fromtimestamp(time.time() - TALKED_SECONDS, UTC))
    Call.objects.filter(call_id__in=ids).update(status=CallStatus.INITIATED, joined_at=None, sequence=0)
    began = time.time() - TALKED_SECONDS
    before = [
        (EventState.RINGING, {"leg": "customer"}),
        (EventState.ANSWERED, {"leg": "customer"}),
        (EventState.RINGING, {"leg": "operator"}),
        (EventState.ANSWERED, {"leg": "operator"}),
        (EventState.STARTED, {"joined_at": f"{began:.3f}"}),
    ]
    events = []
    for call_id, end in zip(ids, ended_events(ids), strict=True):
        for number, (state, metadata) in enumerate(before, start=1):
            events.append(
                CallEvent(
                    f"{call_id}-{number}", number, call_id, "outbound", began, state, "1", metadata=metadata
                )
            )
        events.append(replace(end, account_id="1"))
    return events


def _rate(application: Application, events: list[Any], size: int) -> float:
    """Events a second where so many of them are a request; what a batch did not get to is sent again, as the adapter does."""
    from telephony.batch_wire import NOT_DONE, batch_body, parse_answers

    waiting, began = events, time.perf_counter()
    while waiting:
        sent, waiting = waiting[:size], waiting[size:]
        if size == 1:
            status, answer = _ask(application, "/api/telephony/events/", sent[0].to_json())
            answers: Any = [(status, answer)]
        else:
            status, answer = _ask(application, "/api/telephony/event-batches/", batch_body(sent))
            answers = parse_answers(answer, len(sent))
        if answers is None or {status for status, _ in answers} - {200, NOT_DONE[0]}:
            raise SystemExit(f"A backlog was not taken: {answer}")
        waiting = [event for event, told in zip(sent, answers, strict=True) if told == NOT_DONE] + waiting
    return len(events) / (time.perf_counter() - began)


def _ask(application: Application, path: str, body: bytes) -> tuple[int, Any]:
    """Status and answer of a signed message."""
    from django.conf import settings
    from django.test import RequestFactory

    from telephony import wire

    stamp = f"{time.time():.3f}"
    signature = wire.sign(settings.AEIMS_API_KEY, stamp, body)
    environ = (
        RequestFactory()
        .post(
            path,
            body,
            content_type="application/json",
            headers={wire.TIMESTAMP_HEADER: stamp, wire.SIGNATURE_HEADER: signature, "Host": "localhost"},
        )
        .environ
    )
    statuses: list[str] = []
    response = application(environ, lambda status, *_: statuses.append(status))
    try:
        return int(statuses[0][:3]), json.loads(b"".join(response))
    finally:
        response.close()
