"""Calls among what happened to a customer: those that cost nothing, which the wallet knows nothing of."""

from collections.abc import Collection
from datetime import datetime, timedelta

from django.db.models import BigIntegerField, Exists, OuterRef, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce

from billing.activity import ActivityKind, Selection, read_down
from billing.ledger.models import Transaction
from billing.ledger.states import CALL_SALES
from core.merging import Chunk, Item
from telephony.models import Call

_MARGIN = timedelta(days=2)  # longer than a call can last
_MORE = 10  # calls to look at beyond two a row, as most have their row by the wallet
_LAST_ID = 2**63 - 1


def uncharged_calls(selection: Selection, *, before: int | None, limit: int) -> Chunk[Call]:
    """The next calls that ended and were not charged then, but for those that were hidden; operator and terms loaded.

    Two statements at most. Charged ones are looked at, too, and have no row: the wallet has them.
    """
    if selection.kind not in (None, ActivityKind.CALLS):
        return Chunk([])
    sales = Transaction.objects.filter(reference=OuterRef("call_id"), kind__in=CALL_SALES).exclude(
        reference=""
    )
    is_sold = {"is_sold": Exists(sales)}  # declared on the model, for those who read it
    calls: QuerySet[Call] = Call.objects.filter(customer=selection.customer_id).annotate(**is_sold)
    if selection.begin or selection.end:
        calls = _between(calls, selection.begin, selection.end)
    rows, following = read_down(
        calls.select_related("operator", "brand", "authorization").order_by("-id"),
        selection.within("ended_at"),
        before=before,
        limit=2 * limit + _MORE,
    )
    items = [Item(call.ended_at or call.initiated_at, call.pk, _shown(call)) for call in rows]
    return Chunk(items, before, following)


def calls_by_id(customer_id: int, call_ids: Collection[str]) -> dict[str, Call]:
    """These calls of the customer, terms loaded."""
    calls = Call.objects.filter(customer=customer_id, call_id__in=call_ids).select_related("authorization")
    return {call.call_id: call for call in calls}


def _shown(call: Call) -> Call | None:
    return None if call.is_live or call.is_hidden or call.is_sold else call


def _between(calls: QuerySet[Call], begin: datetime | None, end: datetime | None) -> QuerySet[Call]:
    """Those that can have ended at these times, as a range of ids: ids follow the times of the clicks."""
    if begin:
        last = Call.objects.filter(authorization__settled_at__lt=begin - _MARGIN)
        calls = calls.filter(pk__gt=_id_of(last.order_by("-authorization__settled_at"), 0))
    if end:
        first = Call.objects.filter(authorization__settled_at__gte=end + _MARGIN)
        calls = calls.filter(pk__lt=_id_of(first.order_by("authorization__settled_at"), _LAST_ID))
    return calls


def _id_of(calls: QuerySet[Call], otherwise: int) -> Coalesce:
    return Coalesce(Subquery(calls.values("id")[:1]), Value(otherwise), output_field=BigIntegerField())
