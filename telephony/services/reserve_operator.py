"""A customer who adds funds has an operator reserved for two minutes: taken for everybody else, who may release it.

Locks: the operator's row first, then the reservation. A call takes the operator by a guarded statement on the same row
(`operators.services.presence.take_for_call`), so of a call and a reservation at the same moment one is first.
"""

from datetime import datetime, timedelta

from django.conf import settings
from django.contrib.auth.signals import user_logged_out
from django.db import IntegrityError
from django.db.models import QuerySet
from django.dispatch import receiver
from django.utils.translation import gettext as _
from procrastinate.contrib.django import app as jobs

from brands.models import Brand
from core import clock
from core.db import transactional
from core.errors import DomainError, LimitReached
from core.jobs import Queue
from customers.domain_events import spending_rules_changed
from customers.models import Customer, User
from operators.domain_events import reserved_operator_left
from operators.eligibility import account_obstacle, may_call
from operators.models import Operator
from operators.selectors import listed_operator
from operators.services.presence import announce_presence
from telephony import errors
from telephony.models import Reservation
from telephony.operator_checks import phone_to_ring, require_free
from telephony.selectors import live_call_of
from telephony.states import ReservationState

END_RESERVATION = "telephony.end_reservation"
RESERVED_FOR = timedelta(minutes=2)
_HOUR = timedelta(hours=1)


@transactional
def reserve_operator(*, customer: Customer, operator_id: int, brand: Brand) -> Reservation:
    """Reserve an operator whom the customer could call but for the money; the open reservation again, if there is one.

    Another operator's is released. Raises as `initiate` does for whom the customer can't call, and LimitReached
    `too_many_reservations`.
    """
    operator = listed_operator(brand, operator_id)
    at = clock.now()
    earlier = open_reservation(customer, at)
    if earlier is not None and earlier.operator_id == operator.pk:
        return earlier
    _require_may_reserve(customer, operator, brand, at)
    end_reservations(ReservationState.RELEASED, customer=customer.pk)
    return _reserve(customer, operator.pk)


def _reserve(customer: Customer, operator_id: int) -> Reservation:
    operator = Operator.objects.select_for_update().get(pk=operator_id)
    at = clock.now()  # after the lock is held
    require_free(operator)
    _close(Reservation.objects.filter(operator=operator_id, ends_at__lte=at), ReservationState.EXPIRED, at)
    reservation = Reservation(customer=customer, operator=operator, created_at=at, ends_at=at + RESERVED_FOR)
    try:
        reservation.save(force_insert=True)
    except IntegrityError as error:
        raise errors.OperatorBusy(_("You have another operator reserved.")) from error
    operator.reserved_until = reservation.ends_at
    operator.save(update_fields=["reserved_until"])
    announce_presence(operator)
    jobs.configure_task(
        END_RESERVATION, queue=Queue.SWEEPS, schedule_at=reservation.ends_at, allow_unknown=True
    ).defer(reservation_id=reservation.pk)
    return reservation


def may_reserve(customer: Customer, operator: Operator, brand: Brand) -> bool:
    """Whether `reserve_operator` would reserve now, as far as can be told without a lock."""
    try:
        _require_may_reserve(customer, operator, brand, clock.now())
        require_free(operator)
    except DomainError:
        return False
    return True


def _require_may_reserve(customer: Customer, operator: Operator, brand: Brand, at: datetime) -> None:
    may_call(customer, operator, brand, at)
    phone_to_ring(customer, None)
    if live := live_call_of(customer):
        raise errors.AlreadyInCall(_("You’re already on a call."), call_id=live.call_id)
    _require_not_too_many(customer, at)


def open_reservation(customer: Customer, at: datetime) -> Reservation | None:
    """The customer's reservation that lasts beyond `at`, with its operator."""
    own = Reservation.objects.filter(customer=customer, state=ReservationState.OPEN, ends_at__gt=at)
    return own.select_related("operator").order_by().first()


@transactional
def use_reservation(reservation: Reservation, at: datetime) -> None:
    """The customer calls; the operator has been taken."""
    _close(Reservation.objects.filter(pk=reservation.pk), ReservationState.USED, at)


@transactional
def end_reservations(state: ReservationState, **whose: int) -> int:
    """End what is open of `customer`, `operator`, or `pk`, and free the operator; how many. `EXPIRED` ends what is over alone."""
    ended = 0
    for reservation in Reservation.objects.filter(state=ReservationState.OPEN, **whose).order_by(
        "operator_id"
    ):
        operator = Operator.objects.select_for_update().get(pk=reservation.operator_id)
        at = clock.now()
        mine = Reservation.objects.filter(pk=reservation.pk)
        if state is ReservationState.EXPIRED:
            mine = mine.filter(ends_at__lte=at)
        if not _close(mine, state, at):
            continue
        ended += 1
        if operator.reserved_until == reservation.ends_at:
            operator.reserved_until = None
            operator.save(update_fields=["reserved_until"])
        announce_presence(operator)
    return ended


def expire_reservations() -> int:
    """End those whose time is over; how many. Run by the worker."""
    over = Reservation.objects.filter(state=ReservationState.OPEN, ends_at__lte=clock.now())
    ids = list(over.values_list("pk", flat=True)[:200])
    return sum(end_reservations(ReservationState.EXPIRED, pk=pk) for pk in ids)


def _close(reservations: QuerySet[Reservation], state: ReservationState, at: datetime) -> int:
    return reservations.filter(state=ReservationState.OPEN).update(state=state, ended_at=at)


def _require_not_too_many(customer: Customer, at: datetime) -> None:
    limit = settings.RESERVATIONS_PER_HOUR
    if Reservation.objects.filter(customer=customer, created_at__gt=at - _HOUR).count() >= limit:
        raise LimitReached(
            _("You’ve made as many reservations as you can for now. Please try again later."),
            code="too_many_reservations",
        )


@reserved_operator_left.listener
def release_of_operator(*, operator: Operator) -> None:
    """The operator went away; the row of the operator is free already."""
    _close(Reservation.objects.filter(operator=operator), ReservationState.RELEASED, clock.now())


@spending_rules_changed.listener
def release_of_customer(*, customer_id: int) -> None:
    """The customer takes a break or closed the account."""
    if not Reservation.objects.filter(customer=customer_id, state=ReservationState.OPEN).exists():
        return
    customer = Customer.objects.get(pk=customer_id)
    if account_obstacle(customer, clock.now()) is not None:
        end_reservations(ReservationState.RELEASED, customer=customer_id)


@receiver(user_logged_out)
def release_at_logout(sender: object, user: User | None = None, **_: object) -> None:
    """The customer leaves."""
    customer = Customer.objects.filter(user=user).first() if user else None
    if customer is not None:
        end_reservations(ReservationState.RELEASED, customer=customer.pk)
