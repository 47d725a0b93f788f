"""Reads about calls: the live one, one by id for whom it concerns, and histories by keyset."""

from collections.abc import Sequence
from datetime import datetime

from django.db.models import F, QuerySet
from django.utils.translation import gettext as _

from billing.paid import given_back_of, paid_of
from customers.models import Customer
from operators.models import Operator
from telephony.errors import UnknownCall
from telephony.models import Call
from telephony.states import LIVE_STATUSES

_RELATED = ("operator", "brand", "authorization", "customer_phone__phone_number")
_LOOKED_THROUGH = 60  # of an operator's newest calls, for those the console lists as missed
_TALK_AMONG = 10  # likewise, for the last one that was a talk


def live_call_of(customer: Customer) -> Call | None:
    """The customer's live call, ready for a snapshot."""
    return live_one_of(Call.objects.filter(customer=customer).select_related(*_RELATED))


def live_call_of_operator(operator: Operator) -> Call | None:
    """The operator's live call, ready for a snapshot."""
    return live_one_of(Call.objects.filter(operator=operator).select_related("customer", *_RELATED))


def live_one_of(calls: QuerySet[Call]) -> Call | None:
    """The live one of one person's calls: a constraint allows one, and its index holds live calls alone.

    No order, as `first` would ask for: for that the planner walks through all calls this person ever had.
    """
    return next(iter(calls.filter(status__in=LIVE_STATUSES).order_by()[:1]), None)


def call_of_operator(operator: Operator, call_id: str) -> Call:
    """One of the operator's own calls. Raises UnknownCall, also for somebody else's."""
    call = Call.objects.filter(operator=operator, call_id=call_id).first()
    if call is None:
        raise UnknownCall(_("Call not found."))
    return call


def missed_calls_of(operator: Operator) -> QuerySet[Call]:
    """All calls of an operator that ended without being joined, newest first, customers loaded; for keyset pages."""
    calls = Call.objects.filter(operator=operator, joined_ms__isnull=True, ended_at__isnull=False)
    return calls.select_related("customer").order_by("-id")


def missed_calls_since(operator: Operator, since: datetime, limit: int) -> Sequence[Call]:
    """The newest of them since then, at most `limit`. One query; older calls than the last 60 are not looked through."""
    calls = Call.objects.filter(operator=operator).select_related("customer").order_by("-id")
    rows = [call for call in calls[:_LOOKED_THROUGH] if call.initiated_at >= since]
    return [call for call in rows if call.joined_ms is None and not call.is_live][:limit]


def count_missed_calls(operator: Operator, since: datetime) -> int:
    """How many calls since then ended without being joined, among the last 60. One query, no row of a customer."""
    calls = Call.objects.filter(operator=operator).order_by("-id")
    rows = calls.values_list("initiated_at", "joined_ms", "ended_at")[:_LOOKED_THROUGH]
    return sum(at >= since and joined is None and ended is not None for at, joined, ended in rows)


def last_talk_of(operator: Operator, since: datetime) -> Call | None:
    """The operator's last call that was joined and ended since then, ready for a snapshot. One query, bounded likewise."""
    calls = Call.objects.filter(operator=operator).select_related("customer", *_RELATED).order_by("-id")
    talks = (call for call in calls[:_TALK_AMONG] if call.joined_ms is not None)
    talk = next(talks, None)
    return talk if talk is not None and talk.ended_at is not None and talk.ended_at >= since else None


def calls_between(operator: Operator, customer: Customer, limit: int = 20) -> list[Call]:
    """The last calls of these two, authorizations loaded."""
    calls = Call.objects.filter(operator=operator, customer=customer).select_related("authorization", "brand")
    return list(calls.order_by("-id")[:limit])


def last_call_with(customer: Customer, operator: Operator) -> Call | None:
    """The customer's newest call to this operator, live or over, ready for a snapshot."""
    calls = Call.objects.filter(customer=customer, operator=operator).select_related(*_RELATED)
    return calls.order_by("-id").first()


def call_of(customer: Customer, call_id: str) -> Call:
    """One's own call, with what was paid for it. Raises UnknownCall, also for somebody else's."""
    call = (
        _with_paid(Call.objects.filter(customer=customer, call_id=call_id)).select_related(*_RELATED).first()
    )
    if call is None:
        raise UnknownCall(_("Call not found."))
    return call


def history_of(customer: Customer) -> QuerySet[Call]:
    """All calls of a customer but those they hid, newest first, with what was paid for each."""
    calls = _with_paid(Call.objects.filter(customer=customer, is_hidden=False))
    return calls.select_related(*_RELATED).order_by("-id")


def _with_paid(calls: QuerySet[Call]) -> QuerySet[Call]:
    paid = {"paid_minor": paid_of("call_id"), "given_back_minor": given_back_of("call_id")}
    return calls.annotate(**paid)  # declared on the model, for those who read them


def live_calls(limit: int = 200) -> list[Call]:
    """Calls that run now, newest first, for the staff's board; at most `limit`.

    Found by an index of live calls and sorted then: in the order of ids, the planner might read every call there was.
    """
    calls = Call.objects.filter(status__in=LIVE_STATUSES).select_related("customer", *_RELATED)
    return list(calls.order_by((F("id") + 0).desc())[:limit])
