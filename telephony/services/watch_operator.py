"""A customer asks to be told when an operator is free, or no longer."""

from datetime import timedelta

from django.utils.translation import gettext as _

from billing.first_minutes import promised_seconds
from brands.models import Brand
from core import clock
from core.db import transactional
from core.errors import Conflict, LimitReached
from customers.models import Customer
from operators.eligibility import may_spend
from operators.pricing import rate_minor
from operators.selectors import listed_operator
from operators.states import Availability
from telephony.models import AvailabilityWatch
from telephony.push import push_waiting
from telephony.services.request_callback import require_could_call
from telephony.states import WatchState
from telephony.waiting import open_watch, open_watches

WATCH_LASTS = timedelta(days=7)
RINGS_FOR = timedelta(hours=3)  # nobody wants a call tomorrow at four
MOST_WATCHES = 20  # of one customer at a time


@transactional
def watch_operator(*, customer: Customer, operator_id: int, brand: Brand) -> AvailabilityWatch:
    """Tell the customer once when the operator is free, within a week; the same one again, if there is one.

    Raises NotFound, NotAllowed as for a call, Conflict `operator_free`, LimitReached `too_many_watches`.
    """
    operator = listed_operator(brand, operator_id)
    may_spend(customer, operator, brand, clock.now())
    Customer.objects.select_for_update(no_key=True).get(pk=customer.pk)  # one at a time: they are counted
    at = clock.now()
    earlier = open_watch(customer.pk, operator.pk, at)
    if earlier is not None:
        return earlier
    if operator.availability == Availability.ONLINE:
        raise Conflict(
            _("%(operator)s is free now. You can call.") % {"operator": operator.stage_name},
            code="operator_free",
        )
    if open_watches(at).filter(customer=customer.pk).count() >= MOST_WATCHES:
        raise LimitReached(
            _("You’re waiting to hear about %(count)s people. Cancel one first.") % {"count": MOST_WATCHES},
            code="too_many_watches",
        )
    _expire(customer.pk, operator.pk)
    watch = AvailabilityWatch.objects.create(
        customer=customer, operator=operator, brand=brand, created_at=at, expires_at=at + WATCH_LASTS
    )
    push_waiting(customer.pk, operator.pk)
    return watch


@transactional
def ring_when_free(*, customer: Customer, operator_id: int, brand: Brand) -> AvailabilityWatch:
    """Call the customer's phone, too, if the operator is free within three hours and a call costs no more then than now.

    Raises as `watch_operator` does, and as `initiate` for whom the customer couldn't call if she were free.
    """
    operator = listed_operator(brand, operator_id)
    require_could_call(customer, operator, brand)
    watch = watch_operator(customer=customer, operator_id=operator_id, brand=brand)
    at = clock.now()
    watch.rings_until, watch.rate_minor = at + RINGS_FOR, rate_minor(operator, at)
    watch.fee_minor = operator.connect_fee_minor
    watch.first_seconds = promised_seconds(customer, operator, at)
    watch.save(update_fields=["rings_until", "rate_minor", "fee_minor", "first_seconds"])
    push_waiting(customer.pk, operator.pk)
    return watch


@transactional
def cancel_watch(*, customer: Customer, operator_id: int) -> bool:
    """The customer no longer wants to be told; whether they were going to be."""
    rows = AvailabilityWatch.objects.filter(customer=customer, operator=operator_id, state=WatchState.OPEN)
    is_ended = bool(rows.update(state=WatchState.CANCELED, ended_at=clock.now()))
    if is_ended:
        push_waiting(customer.pk, operator_id)
    return is_ended


@transactional
def dismiss_news(*, customer: Customer) -> None:
    """The customer has read on a page who is free."""
    told = AvailabilityWatch.objects.filter(customer=customer, state=WatchState.TOLD, dismissed_at=None)
    for operator_id in set(told.values_list("operator", flat=True)):
        push_waiting(customer.pk, operator_id)
    told.update(dismissed_at=clock.now())


def _expire(customer_id: int, operator_id: int) -> None:
    """End what is over and not yet written down, so that there is room for one more of the pair."""
    over = AvailabilityWatch.objects.filter(customer=customer_id, operator=operator_id, state=WatchState.OPEN)
    over.update(state=WatchState.EXPIRED, ended_at=clock.now())
