"""A backlog of events in one message, signed as a whole as a single event is (`telephony.wire`), and its answers. Pure.

The adapter sends one while it is behind. Each event is answered as if it had come alone; what a batch did not get to is
answered with `NOT_DONE` and comes again.
"""

from collections.abc import Iterable, Sequence
from typing import Any

from telephony.wire import CallEvent, WireError, event_from, json_object

MAX_EVENTS = 50
MAX_BODY_BYTES = 1_000_000
NOT_DONE = (503, {"ok": False, "error": "not_done"})
FAILED = (500, {"ok": False, "error": "server_error"})

Answer = tuple[int, dict[str, Any]]


class TooManyEvents(WireError):
    """More than a batch may hold."""


def batch_body(events: Iterable[CallEvent]) -> bytes:
    """The body as sent: each event as it is sent alone."""
    return b'{"events":[' + b",".join(event.to_json() for event in events) + b"]}"


def parse_batch(body: bytes) -> list[CallEvent | WireError]:
    """The events in their order; in the place of one that is unusable, what is wrong with it.

    Raises WireError where it is no batch, and TooManyEvents.
    """
    events = json_object(body).get("events")
    if not isinstance(events, list) or not events:
        raise WireError(f"events: a list of 1 to {MAX_EVENTS}")
    if len(events) > MAX_EVENTS:
        raise TooManyEvents(f"events: a list of 1 to {MAX_EVENTS}")
    return [_parsed(event) for event in events]


def _parsed(data: Any) -> CallEvent | WireError:
    try:
        if not isinstance(data, dict):
            raise WireError("body: a JSON object")
        return event_from(data)
    except WireError as error:
        return error


def batch_answer(answers: Iterable[Answer]) -> dict[str, Any]:
    """What a batch is answered: for each of its events, in their order, status and body."""
    return {"ok": True, "answers": [{"status": status, "body": body} for status, body in answers]}


def parse_answers(answer: Any, count: int) -> Sequence[Answer] | None:
    """The answers to so many events; None where this is no answer to a batch of them."""
    told = answer.get("answers") if isinstance(answer, dict) else None
    if not isinstance(told, list) or len(told) != count or not all(_is_answer(one) for one in told):
        return None
    return [(one["status"], one["body"]) for one in told]


def _is_answer(told: Any) -> bool:
    return isinstance(told, dict) and type(told.get("status")) is int and isinstance(told.get("body"), dict)
