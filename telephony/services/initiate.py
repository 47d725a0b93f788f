"""A customer clicks Call: take the operator and the money for the first minutes, then have the phones rung.

Two steps, so that nothing is dialled before everything is written: `accept` (one transaction), then the adapter.
The call row is inserted before the hold is taken: the loser of a race hears 409, not 402.
"""

import logging
from collections.abc import Sequence
from datetime import datetime, timedelta
from math import floor

from django.conf import settings
from django.db import IntegrityError, connection
from django.utils.translation import gettext as _

from billing.call_caps import NO_CAP, CallCap
from billing.services.authorize import authorize
from brands.models import Brand
from brands.selectors import require_not_paused
from brands.states import Service
from core import clock
from core.db import constraint, transactional
from core.errors import Conflict
from core.ids import new_id
from core.planned_query import PlannedStatement
from core.time_words import describe_time
from customers.models import Customer
from operators.eligibility import may_call
from operators.models import Operator
from operators.selectors import listed_operator
from operators.services.presence import take_for_call
from telephony import adapter_client, errors
from telephony.initiate_reads import ATTEMPTS_WINDOW, going_on
from telephony.models import Call, Reservation
from telephony.operator_checks import phone_to_ring, require_free
from telephony.originate_request import originate_plan
from telephony.push import push_call
from telephony.services.end_call import end_call
from telephony.services.end_waiting import end_by_call
from telephony.services.reserve_operator import end_reservations, open_reservation, use_reservation
from telephony.states import CallStatus, EndedBy, EndReason, ReservationState

log = logging.getLogger(__name__)

DIAL_WITHIN = timedelta(seconds=10)
_NODE = PlannedStatement("UPDATE telephony_call SET node = $2 WHERE id = $1 AND node = ''")
_NO_ROOM = frozenset({"full", "too_fast"})  # the node has as many calls, or new ones a second, as it may


def initiate(
    *,
    customer: Customer,
    operator_id: int,
    brand: Brand | None = None,
    customer_phone: str | None = None,
    idempotency_key: str | None = None,
    chosen: CallCap = NO_CAP,
    expected_first_seconds: int = 0,
) -> Call:
    """Start a call; the customer's phone rings within seconds of the return.

    The same `idempotency_key` gives the same call. `chosen`: an amount or an end time for this one. `expected_first_seconds`: the free
    first minutes that the customer was promised; without them there is no call (FirstMinutesGone). Raises Invalid (of that), NotFound, NotAllowed (blocked, phone_not_verified,
    number_not_allowed, …), Conflict (already_in_call, operator_busy, operator_offline), InsufficientCredit,
    TooManyAttempts, Unavailable `paused`, PhoneSystemUnavailable; after any of them no money is held and the operator is free.
    """
    brand = brand or customer.home_brand
    call, is_new = create_call(
        customer=customer,
        operator_id=operator_id,
        brand=brand,
        customer_phone=customer_phone,
        key=idempotency_key,
        chosen=chosen,
        expected_first_seconds=expected_first_seconds,
    )
    if is_new:
        _dial(call)
    return call


@transactional
def create_call(
    *,
    customer: Customer,
    operator_id: int,
    brand: Brand,
    customer_phone: str | None = None,
    key: str | None = None,
    chosen: CallCap = NO_CAP,
    expected_first_seconds: int = 0,
) -> tuple[Call, bool]:
    """Everything of `initiate` but the phones: the call, its hold, the operator taken. Whether the call is new."""
    if key is not None:
        earlier_call = (
            Call.objects.filter(customer=customer, idempotency_key=key).select_related("operator").first()
        )
        if earlier_call and earlier_call.operator_id != operator_id:
            raise Conflict(_("This key was used for a call to someone else."), code="idempotency_conflict")
        if earlier_call:
            return earlier_call, False
    require_not_paused(Service.CALLS)
    operator = listed_operator(brand, operator_id)
    may_call(customer, operator, brand, clock.now())
    phone = phone_to_ring(customer, customer_phone)
    others = going_on(customer, clock.now())
    if others.live_call_id:
        raise errors.AlreadyInCall(_("You’re already on a call."), call_id=others.live_call_id)
    reservation = open_reservation(customer, clock.now()) if others.reservation_id else None
    own = reservation if reservation and reservation.operator_id == operator.pk else None
    if own:
        operator.reserved_until = None  # taken for everybody else alone
    require_free(operator)
    _check_attempts(others.failed_attempts, customer)
    at = clock.now()
    call = Call(
        call_id=new_id("call"),
        customer=customer,
        operator=operator,
        brand=brand,
        customer_phone=phone,
        idempotency_key=key,
        adult_access_basis=customer.adult_access_basis,
        initiated_at=at,
        not_after=at + DIAL_WITHIN,
        heard_at=at,
    )
    try:
        call.save(force_insert=True)
    except IntegrityError as error:
        raise _conflict(error) from error
    call.authorization = authorize(
        customer=customer, operator=operator, brand=brand, reference=call.call_id, chosen=chosen,
        expected_first_seconds=expected_first_seconds,
    )  # fmt: skip
    call.save(update_fields=["authorization"])
    _take(operator, reservation, own, at)
    end_by_call(call, at)
    push_call(call, with_wallet=True)
    return call, True


def _take(operator: Operator, reservation: Reservation | None, own: Reservation | None, at: datetime) -> None:
    """Take the operator, who may be reserved: for this customer, whose reservation is used then, or for another since we looked."""
    if not take_for_call(operator=operator, reserved_until=own.ends_at if own else None, at=at):
        raise errors.OperatorBusy(_("%(operator)s is on a call.") % {"operator": operator.stage_name})
    if own:
        use_reservation(own, at)
    elif reservation:
        end_reservations(ReservationState.RELEASED, pk=reservation.pk)


def _check_attempts(failed_attempts: Sequence[datetime], customer: Customer) -> None:
    """Several calls in ten minutes that came to nothing by the customer's own doing: time for a pause, for the operators' sake."""
    limit, at = settings.MAX_UNJOINED_ATTEMPTS, clock.now()
    if limit and len(failed_attempts) >= limit:
        again_at = failed_attempts[limit - 1] + ATTEMPTS_WINDOW
        wait = floor((again_at - at).total_seconds()) + 1
        until = describe_time(at + timedelta(seconds=wait), at, customer.user.time_zone)
        raise errors.TooManyAttempts(
            _("Your last few calls didn’t connect. Try again %(until)s.") % {"until": until},
            retry_after_seconds=wait,
            retry_at=again_at.isoformat(),
        )


def _conflict(error: IntegrityError) -> Exception:
    name = constraint(error)
    if name == "one_live_call_per_customer":
        return errors.AlreadyInCall(_("You’re already on a call."))
    if name == "one_live_call_per_operator":
        return errors.OperatorBusy(_("Someone else just called first. Please try again in a little while."))
    if name == "call_once_per_key":
        return errors.AlreadyInCall(_("This call is already being placed."))
    return error


def _dial(call: Call) -> None:
    """Hand the call to the adapter. Refused: it fails at once. No answer: it stays, and the sweeper asks."""
    try:
        answer = adapter_client.originate(originate_plan(call))
    except adapter_client.Refused:
        _give_up(call.pk, EndReason.PHONE_SYSTEM_UNAVAILABLE)
        raise errors.PhoneSystemUnavailable(
            _("Calling is down right now. You weren’t charged. Please try again in a minute.")
        ) from None
    except adapter_client.Unknown:
        log.warning("%s: the adapter's answer is unknown; the sweeper will ask", call.call_id)
        return
    if answer.is_ok:
        with connection.cursor() as cursor:
            _NODE.execute(cursor, [call.pk, str(answer.body.get("node", ""))[:60]])
        return
    log.error("%s: the adapter refused: %s %s", call.call_id, answer.status, answer.error)
    _give_up(call.pk, EndReason.EXPIRED if answer.error == "expired" else EndReason.PHONE_SYSTEM_UNAVAILABLE)
    if answer.error == "number_not_allowed":
        raise errors.NumberNotAllowed(
            _("We can’t call this number. Please verify a regular US or Canadian one.")
        )
    if answer.error in _NO_ROOM:
        raise errors.PhoneSystemUnavailable(
            _("All our lines are busy right now. You weren’t charged. Please try again in a minute.")
        )
    raise errors.PhoneSystemUnavailable(
        _("Calling is down right now. You weren’t charged. Please try again in a minute.")
    )


@transactional
def _give_up(call_pk: int, reason: EndReason) -> None:
    """End a call that no phone was rung for; the same click may be tried again, so its key is free again."""
    call = Call.objects.locked().get(pk=call_pk)
    if call.is_live:
        call.idempotency_key = None
        end_call(
            call,
            status=CallStatus.FAILED,
            reason=reason,
            ended_by=EndedBy.NETWORK,
            joined_ms=None,
            at=clock.now(),
        )
