"""An operator calls a customer back, or declines. What she offers lasts two minutes and reserves nothing.

Locks: the operator's row first, then the request, as a call does: of an offer, a call, and a cancel at the same moment one is first.
"""

from datetime import datetime, timedelta

from django.db import IntegrityError
from procrastinate.contrib.django import app as jobs

from core import clock
from core.db import transactional
from core.errors import Conflict, NotFound
from core.jobs import Queue
from notices.services.enqueue import enqueue
from notices.states import NoticeKind
from operators.eligibility import may_still_talk
from operators.models import Operator
from operators.pages import PROFILE
from operators.phones import phone_obstacle
from operators.states import Availability
from telephony.models import CallbackRequest
from telephony.push import push_callback
from telephony.services.ring_customer import costs_more, ring_customer
from telephony.states import OPEN_CALLBACKS, CallbackState

END_OFFER = "telephony.end_offer"
OFFERED_FOR = timedelta(minutes=2)


def offer_callback(*, operator: Operator, request_id: int) -> CallbackRequest:
    """Offer the customer the call, on their pages and by a notice, and call their phone once if they asked for that.

    Raises NotFound, Conflict (`operator_not_free`, `callback_over`, `offer_open`). A phone that can't be called changes nothing:
    the offer is there.
    """
    request = _offer(operator_id=operator.pk, request_id=request_id)
    if request is None:
        raise Conflict("This customer can’t be called anymore.", code="callback_over")
    if request.rings and request.rang_at is None:
        _ring(request)
    return request


@transactional
def _offer(*, operator_id: int, request_id: int) -> CallbackRequest | None:
    """None: the two may not talk any more, and the request is closed."""
    operator = Operator.objects.select_for_update(no_key=True).get(pk=operator_id)
    at = clock.now()  # after the lock is held
    request = _request_of(operator_id, request_id)
    if operator.availability != Availability.ONLINE or phone_obstacle(operator) is not None:
        raise Conflict(
            "Go online and finish your wrap-up first, so that the call can reach you.",
            code="operator_not_free",
        )
    if request.state != CallbackState.REQUESTED or request.expires_at <= at:
        raise Conflict("This request is no longer open.", code="callback_over")
    if not may_still_talk(request.customer, request.operator, request.brand, at):
        _end(request, CallbackState.CLOSED, at)
        return None
    end_offers(operator_id=operator_id)
    waiting = CallbackRequest.objects.filter(pk=request.pk, state=CallbackState.REQUESTED)
    until = at + OFFERED_FOR
    try:
        if not waiting.update(state=CallbackState.OFFERED, offered_until=until):
            raise Conflict("The customer canceled a moment ago.", code="callback_over")
    except IntegrityError as error:
        raise Conflict("You’re already calling someone back.", code="offer_open") from error
    request.state, request.offered_until = CallbackState.OFFERED, until
    _tell_customer(NoticeKind.CALLBACK_OFFERED, request)
    jobs.configure_task(END_OFFER, queue=Queue.SWEEPS, schedule_at=until, allow_unknown=True).defer(
        operator_id=operator_id
    )
    push_callback(request)
    return request


@transactional
def decline_callback(*, operator: Operator, request_id: int) -> None:
    """Not now: the customer is told kindly, and can't ask again for an hour. Raises NotFound, Conflict `callback_over`."""
    request = _request_of(operator.pk, request_id)
    if not _end(request, CallbackState.DECLINED, clock.now()):
        raise Conflict("This request is no longer open.", code="callback_over")
    _tell_customer(NoticeKind.CALLBACK_DECLINED, request)


@transactional
def end_offers(*, operator_id: int) -> int:
    """Write down which of the operator's offers were not accepted in time; how many."""
    at = clock.now()
    over = CallbackRequest.objects.filter(
        operator=operator_id, state=CallbackState.OFFERED, offered_until__lte=at
    )
    return sum(_end(request, CallbackState.MISSED, at, offered_until__lte=at) for request in over)


@transactional
def expire_callbacks() -> int:
    """End what time is over for; how many. Run by the worker."""
    at = clock.now()
    asked = CallbackRequest.objects.filter(state=CallbackState.REQUESTED, expires_at__lte=at)[:200]
    offered = CallbackRequest.objects.filter(state=CallbackState.OFFERED, offered_until__lte=at)[:200]
    ended = sum(_end(request, CallbackState.EXPIRED, at, state=CallbackState.REQUESTED) for request in asked)
    return ended + sum(_end(request, CallbackState.MISSED, at, offered_until__lte=at) for request in offered)


def _end(request: CallbackRequest, to: CallbackState, at: datetime, **still: object) -> bool:
    """One guarded statement: whoever ends it at the same moment is before or after it."""
    rows = CallbackRequest.objects.filter(pk=request.pk, state__in=OPEN_CALLBACKS).filter(**still)
    is_ended = bool(rows.update(state=to, ended_at=at))
    if is_ended:
        push_callback(request)
    return is_ended


def _ring(request: CallbackRequest) -> None:
    """Call the customer's phone, once, and not at a higher price than they saw."""
    if costs_more(request.operator, rate=request.rate_minor, fee=request.fee_minor):
        return
    own = CallbackRequest.objects.filter(pk=request.pk, state=CallbackState.OFFERED, rang_at=None)
    if not own.update(rang_at=clock.now()):
        return
    key = f"callback-{request.pk}"
    is_called = ring_customer(
        customer=request.customer,
        operator=request.operator,
        brand=request.brand,
        key=key,
        first_seconds=request.first_seconds,
    )
    if not is_called:
        CallbackRequest.objects.filter(pk=request.pk).update(rang_at=None)


def _request_of(operator_id: int, request_id: int) -> CallbackRequest:
    rows = CallbackRequest.objects.filter(pk=request_id, operator=operator_id)
    request = rows.select_related("customer__user", "operator", "brand").first()
    if request is None:
        raise NotFound("Request not found.")
    return request


def _tell_customer(kind: NoticeKind, request: CallbackRequest) -> None:
    host = request.brand.hosts.first()
    enqueue(
        kind,
        recipient=request.customer.user,
        brand=request.brand,
        operator=request.operator.stage_name,
        url=PROFILE.url(request.operator.slug, host=host.host) if host else "",
    )
