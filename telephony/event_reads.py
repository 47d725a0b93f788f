"""The call that an event is about, locked and read in one turn with all that handling the event asks for; of a batch, all calls."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connection
from django.db.models import BooleanField, JSONField, Model, Subquery
from django.db.models.expressions import RawSQL

from billing.models import Authorization, reserved_parts
from core.errors import Conflict
from core.planned_query import PlannedQuery, parameter
from customers.models import Customer
from operators.models import LONG_TEXTS, Operator
from telephony.errors import UnknownCall
from telephony.models import Call, CallEvent


def _fields(model: type[Model], prefix: str = "", *, without: Collection[str] = ()) -> list[str]:
    names = [field.name for field in model._meta.concrete_fields if field.name not in without]
    return [f"{prefix}{name}" for name in names]


_EARLIER = CallEvent.objects.filter(event_id=parameter(2)).order_by()
# A field that is missing here costs a statement of its own, which a test notices. Brand and phone are left to the few
# events that ask for them.
_READ = (
    Call.objects.select_related("authorization", "customer", "operator__user")
    .only(
        *_fields(Call),
        *_fields(Authorization, "authorization__"),
        *_fields(Customer, "customer__"),
        *_fields(Operator, "operator__", without=LONG_TEXTS),
        "operator__user__time_zone",
    )
    .annotate(
        reserved_parts=reserved_parts("authorization"),
        operator_version=RawSQL('"operators_operator"."xmin"::text', ()),
    )
)
_CALL = PlannedQuery(
    _READ.annotate(
        earlier_call=Subquery(_EARLIER.values("call")),
        earlier_answer=Subquery(_EARLIER.values("answer"), output_field=JSONField()),
    ),
    "call_id",
    lock="SELECT FROM telephony_call WHERE call_id = %s FOR UPDATE",
)
_CALLS = PlannedQuery(_READ.filter(RawSQL('"telephony_call"."id" = ANY($1)', (), BooleanField())))
# Always in the order of ids, so no two batches wait for each other. Who has one of the calls now is not waited for at all: the
# others would be locked meanwhile.
_LOCK = "SELECT id, call_id FROM telephony_call WHERE call_id = ANY(%s) ORDER BY id FOR UPDATE SKIP LOCKED"

Earlier = tuple[int, dict[str, Any]]


def locked_call(call_id: str, event_id: str) -> tuple[Call, dict[str, Any] | None]:
    """The call, its row locked until the end of the transaction, and the answer that this event got before, if it was here.

    What belongs to the call is as it is once the lock is held. The operator's row is not locked; `operator.version` says which
    one was read. Raises UnknownCall, and Conflict for the id of another call's event.
    """
    call = _CALL.first(call_id, event_id)
    if call is None:
        raise UnknownCall("unknown call_id")
    earlier_call = call.earlier_call  # type: ignore[attr-defined]
    earlier = None if earlier_call is None else (earlier_call, dict(call.earlier_answer))  # type: ignore[attr-defined]
    return _complete(call), earlier_answer(call, earlier)


def earlier_answer(call: Call, earlier: Earlier | None) -> dict[str, Any] | None:
    """The answer in `earlier` (the key of its call, the answer). Raises Conflict where it is another call's."""
    if earlier is None:
        return None
    if earlier[0] != call.pk:
        raise Conflict("This event_id belongs to another call.", code="event_of_another_call")
    return earlier[1]


@dataclass(frozen=True)
class LockedCalls:
    """The calls of a batch by their ids; the ids of those that are locked, and of those that somebody else has locked; of events that
    were here, by their ids, call and answer.
    """

    calls: dict[str, Call]
    ids: frozenset[str]
    busy: frozenset[str]
    earlier: dict[str, Earlier]


def locked_calls(call_ids: Sequence[str], event_ids: Sequence[str]) -> LockedCalls:
    """All these calls that exist and that nobody else has locked, as `locked_call` reads them, locked in the order of their ids."""
    wanted = list(dict.fromkeys(call_ids))
    with connection.cursor() as cursor:
        cursor.execute(_LOCK, [wanted])
        locked = dict(cursor.fetchall())
    calls = {call.call_id: _complete(call) for call in _CALLS.all(list(locked))}
    rest = [call_id for call_id in wanted if call_id not in calls]
    busy = Call.objects.filter(call_id__in=rest).values_list("call_id", flat=True) if rest else ()
    before = CallEvent.objects.filter(event_id__in=event_ids).only("event_id", "call", "answer")
    earlier = {event.event_id: (event.call_id, dict(event.answer)) for event in before}
    return LockedCalls(calls, frozenset(calls), frozenset(busy), earlier)


def _complete(call: Call) -> Call:
    call.terms.parts = call.reserved_parts  # type: ignore[attr-defined]
    call.operator.version = call.operator_version  # type: ignore[attr-defined]
    return call
