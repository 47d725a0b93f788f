"""What an event changes of its call, written together with the event: composed once, planned once by each connection."""

from datetime import UTC, datetime
from typing import Any

from django.db import connection
from psycopg.types.json import Jsonb

from core.contact_masking import mask_phones
from core.planned_query import PlannedStatement
from telephony import wire
from telephony.models import Call

_EVENT_COLUMNS = ("event_id", "call_id", "sequence", "state", "ts", "metadata", "session_id", "answer")
# Of a call, what the events before its end may change.
_NOTED_COLUMNS = (
    "status", "sequence", "heard_at", "ringing_at", "customer_answered_at", "customer_no_key_at", "operator_ringing_at",
    "operator_answered_at", "joined_at",
)  # fmt: skip
_PROGRESS_COLUMNS = ("status", "sequence", "heard_at", "joined_at", "known_joined_ms", "held_by")


def _places(first: int, count: int) -> list[str]:
    return [f"${number}" for number in range(first, first + count)]


def _assignments(columns: tuple[str, ...], first: int) -> str:
    pairs = zip(columns, _places(first, len(columns)), strict=True)
    return ", ".join(f"{column} = {place}" for column, place in pairs)


_INSERT = (
    f"INSERT INTO telephony_callevent ({', '.join(_EVENT_COLUMNS)})"  # noqa: S608 (our own names)
    f" VALUES ({', '.join(_places(1, len(_EVENT_COLUMNS)))})"
)
_EVENT = PlannedStatement(_INSERT)
_NOTED = PlannedStatement(
    f"WITH event AS ({_INSERT}) UPDATE telephony_call"  # noqa: S608
    f" SET {_assignments(_NOTED_COLUMNS, len(_EVENT_COLUMNS) + 1)} WHERE id = $2",
)
_PROGRESS = PlannedStatement(
    f"UPDATE telephony_call SET {_assignments(_PROGRESS_COLUMNS, 2)} WHERE id = $1",  # noqa: S608
)


def event_columns(call: Call, event: wire.CallEvent, answer: dict[str, Any]) -> dict[str, Any]:
    """The row of an event, without phone numbers."""
    return {
        "event_id": event.event_id,
        "call_id": call.pk,
        "sequence": event.sequence,
        "state": event.state,
        "ts": datetime.fromtimestamp(event.ts, UTC),
        "metadata": {key: mask_phones(text) for key, text in event.metadata.items()},
        "session_id": event.session_id or "",
        "answer": answer,
    }


def write_event(row: dict[str, Any]) -> None:
    """The event alone."""
    _run(_EVENT, _event_values(row))


def write_noted(call: Call, row: dict[str, Any]) -> None:
    """What an event before the end says of the call, and the event."""
    _run(_NOTED, [*_event_values(row), *(getattr(call, name) for name in _NOTED_COLUMNS)])


def write_progress(call: Call) -> None:
    """How far the call is; a question is no event that is kept."""
    _run(_PROGRESS, [call.pk, *(getattr(call, name) for name in _PROGRESS_COLUMNS)])


def _event_values(row: dict[str, Any]) -> list[Any]:
    values = (row[name] for name in _EVENT_COLUMNS)
    return [Jsonb(value) if isinstance(value, dict) else value for value in values]


def _run(statement: PlannedStatement, values: list[Any]) -> None:
    with connection.cursor() as cursor:
        statement.execute(cursor, values)
