"""The one way a call ends: settle what was joined or release everything, free the operator, tell the pages.

Called inside the transaction of the verb that ends the call, with the call's row locked and live. What is written is decided
here and written in one turn (`telephony/sql/telephony_finish_call.sql`).
"""

import json
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.db import connection
from django.db.models import Model

from billing.models import Authorization
from billing.services.settle import ARGUMENTS, Settlement, carry_out, read_for_settling
from core import clock
from operators.services.presence import announce_presence_as_read
from operators.services.release_operator import RELEASED_COLUMNS, release_operator, set_released
from operators.states import Outcome
from telephony.metrics import count_settled
from telephony.models import Call
from telephony.push import push_call
from telephony.services.mail_receipt import mail_receipt
from telephony.services.refund_fault import refund_fault
from telephony.services.tell_limit import tell_limit
from telephony.services.tell_ring import tell_ring_later
from telephony.states import CallStatus, EndedBy, EndReason

# Of a call, what its end may change, whoever ends it; other fields are not written.
_ENDED_COLUMNS = (
    "idempotency_key", "status", "end_reason", "ended_by", "sequence", "node", "joined_at", "left_at", "ended_at",
    "heard_at", "known_joined_ms", "joined_ms", "charged_seconds", "needs_review",
)  # fmt: skip
_NOT_SETTLED = (None,) * ARGUMENTS.count("%s")
_FINISH = f"SELECT is_done, availability_rank FROM telephony_finish_call({ARGUMENTS}, %s, %s, %s, %s)"  # noqa: S608 (places)


def end_call(
    call: Call,
    *,
    status: CallStatus,
    reason: EndReason,
    ended_by: EndedBy,
    joined_ms: int | None,
    at: datetime,
    needs_review: bool = False,
    make_event: Callable[[], dict[str, Any]] | None = None,
) -> None:
    """End `call` at `at`. `joined_ms` None: never joined, nothing is charged; else it is settled, status `ended`.

    `make_event`, called once the call says what it came to, makes the columns of the event that reported the end, if one did.
    """
    call.ended_at, call.end_reason, call.ended_by, call.needs_review = at, reason, ended_by, needs_review
    call.sequence += 1
    call.status = status if joined_ms is None else CallStatus.ENDED
    call.joined_ms = joined_ms
    _write(call, make_event)
    if joined_ms is not None:
        refund_fault(call)
        count_settled(at)
        if call.customer.mails_receipts:
            mail_receipt(call_id=call.call_id)
    tell_limit(call)
    push_call(call, with_wallet=True)
    if joined_ms is None:
        tell_ring_later(call)


def _write(call: Call, make_event: Callable[[], dict[str, Any]] | None) -> None:
    """Settle, count, free the operator, and write call and event, by what was read of them."""
    operator, outcome, freed_at = call.operator, _outcome(call), clock.now()
    authorization = _with_reserved(call)
    released, rank = None, None
    if operator.version is not None:
        set_released(operator, outcome, freed_at)
        released = _columns(operator, RELEASED_COLUMNS) | {"version": operator.version}

    def write(settlement: Settlement) -> bool:
        nonlocal rank
        call.authorization = settlement.authorization
        call.terms.take_outcome(settlement.outcome)
        is_joined = call.joined_ms is not None
        call.charged_seconds = settlement.outcome.charged_seconds if is_joined else None
        is_done, rank = _end_in_database(
            settlement.arguments or _NOT_SETTLED,
            _columns(call, _ENDED_COLUMNS),
            _counted(call, settlement.settled_at) if is_joined else None,
            released,
            make_event() if make_event else None,
        )
        return is_done

    # Joined for less than a millisecond is joined.
    carry_out(authorization, None if call.joined_ms is None else max(call.joined_ms, 1), write)
    if rank is None:  # the operator's row was not read with the call, or has changed since
        release_operator(operator=operator, outcome=outcome, at=freed_at)
    else:
        operator.availability_rank = rank
        announce_presence_as_read(operator)


def _end_in_database(settling: Sequence[Any], *written: dict[str, Any] | None) -> tuple[bool, int | None]:
    """Whether it was done, and the operator's new rank, None if the operator is still to be freed."""
    with connection.cursor() as cursor:
        cursor.execute(
            _FINISH,
            [*settling, *(None if rows is None else json.dumps(rows, default=_text) for rows in written)],
        )
        is_done, rank = cursor.fetchone()
    return bool(is_done), rank


def _columns(row: Model, names: Sequence[str]) -> dict[str, Any]:
    return {"id": row.pk, **{name: getattr(row, name) for name in names}}


def _text(value: datetime) -> str:
    return value.isoformat()


def _counted(call: Call, settled_at: datetime) -> dict[str, Any]:
    """The day of a call is the day of its money."""
    return {
        "customer": call.customer_id,
        "operator": call.operator_id,
        "brand": call.brand_id,
        "day": settled_at.astimezone(ZoneInfo(call.operator.user.time_zone)).date().isoformat(),
        "at": settled_at,
        "seconds": call.charged_seconds,
    }


def _with_reserved(call: Call) -> Authorization:
    """The authorization with its reserved free seconds, which a call read otherwise than for an event lacks."""
    authorization = call.terms
    if authorization.parts is None:
        call.authorization = authorization = read_for_settling(authorization.pk)
    return authorization


def _outcome(call: Call) -> Outcome:
    """What the end means for the operator: a phone that really rang and was not picked up, or nothing they did."""
    if call.joined_ms is not None:
        return Outcome.JOINED
    rang = call.operator_ringing_at is not None and call.end_reason == EndReason.OPERATOR_NO_ANSWER
    return Outcome.MISSED if rang else Outcome.OTHER
