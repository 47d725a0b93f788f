"""Waiting ends when the customer calls, and when the two may not talk any more: watches and requests for callbacks."""

from datetime import datetime

from django.db.models import Exists, OuterRef, Q

from core import clock
from core.db import transactional
from core.planned_query import PlannedQuery, parameter
from customers.domain_events import spending_rules_changed
from customers.models import Customer
from customers.selectors import same_person
from operators.domain_events import contact_blocked, operator_working_changed
from operators.eligibility import account_obstacle, is_working
from operators.models import Operator
from telephony.models import AvailabilityWatch, Call, CallbackRequest
from telephony.push import push_callback, push_waiting
from telephony.states import OPEN_CALLBACKS, CallbackState, WatchState


def end_by_call(call: Call, at: datetime) -> None:
    """The customer calls the operator: nothing is left to wait for. Whom she offered a callback meanwhile waits on.

    Inside the transaction that makes the call; the operator's row is locked.
    """
    waiting = _WAITING.first(call.operator_id, call.customer_id)
    if waiting is None or not waiting.is_waited_for:  # type: ignore[attr-defined]
        return
    pair = Q(customer=call.customer_id, operator=call.operator_id)
    _end_watches(pair, WatchState.CALLED, at)
    told = AvailabilityWatch.objects.filter(pair, state=WatchState.TOLD, dismissed_at=None)
    if told.update(dismissed_at=at):
        push_waiting(call.customer_id, call.operator_id)
    _end_callbacks(pair, CallbackState.ACCEPTED, at, call=call)
    others = CallbackRequest.objects.filter(operator=call.operator_id, state=CallbackState.OFFERED)
    for request in list(others):
        if others.filter(pk=request.pk).update(state=CallbackState.REQUESTED, offered_until=None):
            push_callback(request)


@contact_blocked.listener
def end_by_block(*, customer_id: int, operator_id: int) -> None:
    """Either of them wants no contact. It holds for each account of the person."""
    _close(same_person(customer_id, "customer_id") & Q(operator=operator_id))


@spending_rules_changed.listener
@transactional
def end_by_account(*, customer_id: int) -> None:
    """The customer takes a break, excluded themselves, or closed the account."""
    own = Q(customer=customer_id)
    waits = AvailabilityWatch.objects.filter(own, state=WatchState.OPEN).exists()
    if not waits and not CallbackRequest.objects.filter(own, state__in=OPEN_CALLBACKS).exists():
        return
    if account_obstacle(Customer.objects.get(pk=customer_id), clock.now()) is not None:
        _close(own)


@operator_working_changed.listener
@transactional
def end_by_operator(*, operator_id: int) -> None:
    """The operator is suspended or gone: nobody is called back."""
    if not is_working(Operator.objects.get(pk=operator_id)):
        _end_callbacks(Q(operator=operator_id), CallbackState.CLOSED, clock.now())


# Whether anything ends with a call of the customer $2: nearly always nothing does.
_WAITING = PlannedQuery(
    Operator.objects.only("pk").annotate(
        is_waited_for=Exists(
            AvailabilityWatch.objects.filter(
                Q(state=WatchState.OPEN) | Q(state=WatchState.TOLD, dismissed_at=None),
                customer=parameter(2),
                operator=OuterRef("pk"),
            )
        )
        | Exists(
            CallbackRequest.objects.filter(
                customer=parameter(2), operator=OuterRef("pk"), state__in=OPEN_CALLBACKS
            )
        )
        | Exists(CallbackRequest.objects.filter(operator=OuterRef("pk"), state=CallbackState.OFFERED))
    ),
    "pk",
)


def _close(whose: Q) -> None:
    at = clock.now()
    _end_watches(whose, WatchState.CLOSED, at)
    _end_callbacks(whose, CallbackState.CLOSED, at)


def _end_watches(whose: Q, state: WatchState, at: datetime) -> None:
    """End those that are open, and tell the customers' pages."""
    is_open = AvailabilityWatch.objects.filter(whose, state=WatchState.OPEN)
    pairs = set(is_open.values_list("customer", "operator"))
    if is_open.update(state=state, ended_at=at):
        for customer_id, operator_id in pairs:
            push_waiting(customer_id, operator_id)


def _end_callbacks(whose: Q, state: CallbackState, at: datetime, call: Call | None = None) -> None:
    """End those that are open, and tell the pages of both."""
    is_open = CallbackRequest.objects.filter(whose, state__in=OPEN_CALLBACKS)
    for request in list(is_open):
        if is_open.filter(pk=request.pk).update(state=state, ended_at=at, call=call):
            push_callback(request)
