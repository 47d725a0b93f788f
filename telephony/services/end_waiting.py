"""Waiting ends when the customer calls, and when the two may not talk any more."""

from datetime import datetime

from django.db.models import QuerySet

from core import clock
from core.db import transactional
from customers.domain_events import spending_rules_changed
from customers.models import Customer
from customers.selectors import same_person
from operators.domain_events import contact_blocked
from operators.eligibility import account_obstacle
from telephony.models import AvailabilityWatch
from telephony.push import push_waiting
from telephony.states import WatchState


def end_by_call(*, customer_id: int, operator_id: int, at: datetime) -> None:
    """The customer calls the operator: nothing is left to wait for. Inside the transaction that makes the call."""
    pair = AvailabilityWatch.objects.filter(customer=customer_id, operator=operator_id)
    ended = _end(pair, WatchState.CALLED, at)
    read = pair.filter(state=WatchState.TOLD, dismissed_at=None).update(dismissed_at=at)
    if read and not ended:
        push_waiting(customer_id, operator_id)


@contact_blocked.listener
def end_by_block(*, customer_id: int, operator_id: int) -> None:
    """Either of them wants no contact. It holds for each account of the person."""
    of_the_person = same_person(customer_id, "customer_id")
    _end(
        AvailabilityWatch.objects.filter(of_the_person, operator=operator_id), WatchState.CLOSED, clock.now()
    )


@spending_rules_changed.listener
@transactional
def end_by_account(*, customer_id: int) -> None:
    """The customer takes a break, excluded themselves, or closed the account."""
    watches = AvailabilityWatch.objects.filter(customer=customer_id)
    if not watches.filter(state=WatchState.OPEN).exists():
        return
    at = clock.now()
    if account_obstacle(Customer.objects.get(pk=customer_id), at) is not None:
        _end(watches, WatchState.CLOSED, at)


def _end(watches: QuerySet[AvailabilityWatch], state: WatchState, at: datetime) -> int:
    """End those that are open, and tell the customers' pages; how many."""
    is_open = watches.filter(state=WatchState.OPEN)
    pairs = set(is_open.values_list("customer", "operator"))
    ended = is_open.update(state=state, ended_at=at)
    for customer_id, operator_id in pairs:
        push_waiting(customer_id, operator_id)
    return ended
