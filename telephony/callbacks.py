"""Reads about requests for callbacks: an operator's queue, and what a customer's pages say."""

from datetime import datetime, timedelta

from django.db.models import OuterRef, Q, QuerySet, Subquery

from operators.models import Interaction
from telephony.models import CallbackRequest
from telephony.responsibility import Cause, caused_by
from telephony.states import OPEN_CALLBACKS, CallbackState

QUEUE_SHOWN = 10
NEWS_OF = timedelta(hours=24)  # how a request ended is shown for so long


def open_callbacks(at: datetime) -> QuerySet[CallbackRequest]:
    """Those that an operator may still offer, or a customer still accept, at `at`."""
    return CallbackRequest.objects.filter(
        Q(state=CallbackState.REQUESTED, expires_at__gt=at)
        | Q(state=CallbackState.OFFERED, offered_until__gt=at)
    )


def queue_of(operator_id: int, at: datetime, most: int = QUEUE_SHOWN) -> list[CallbackRequest]:
    """Who wants a callback, the longest waiting first, each with `past_calls`; an outstanding offer first of all."""
    met = Interaction.objects.filter(operator=OuterRef("operator"), customer=OuterRef("customer"))
    rows = open_callbacks(at).filter(operator=operator_id).select_related("customer")
    return list(rows.annotate(past_calls=Subquery(met.values("calls")[:1])).order_by("state", "id")[:most])


def open_callbacks_of(customer_id: int, at: datetime) -> list[CallbackRequest]:
    """What the customer asked for, newest first, operators loaded."""
    rows = open_callbacks(at).filter(customer=customer_id)
    return list(rows.select_related("operator").order_by("-id"))


def offer_to(customer_id: int, at: datetime) -> CallbackRequest | None:
    """The callback that the customer may accept now, operator loaded."""
    offers = CallbackRequest.objects.filter(
        customer=customer_id, state=CallbackState.OFFERED, offered_until__gt=at
    )
    return offers.select_related("operator").order_by("-id").first()


def last_callback(customer_id: int, operator_id: int, at: datetime) -> CallbackRequest | None:
    """The pair's newest request, its call loaded, unless it ended long ago or by the customer's own wish."""
    rows = CallbackRequest.objects.filter(
        Q(ended_at=None) | Q(ended_at__gt=at - NEWS_OF), customer=customer_id, operator=operator_id
    )
    return rows.select_related("call").order_by("-id").first()


def ended_callbacks_of(customer_id: int, at: datetime) -> list[CallbackRequest]:
    """How the customer's requests of the last day came to nothing, newest first, operators and calls loaded."""
    rows = CallbackRequest.objects.filter(customer=customer_id, ended_at__gt=at - NEWS_OF)
    came_to_nothing = [row for row in rows.select_related("operator", "call").order_by("-id") if failed(row)]
    latest = {row.operator_id: row for row in reversed(came_to_nothing)}
    return list(reversed(latest.values()))


def is_open(request: CallbackRequest, at: datetime) -> bool:
    """Whether it may still come to a call at `at`."""
    until = request.offered_until if request.state == CallbackState.OFFERED else request.expires_at
    return request.state in OPEN_CALLBACKS and until is not None and until > at


def was_missed(request: CallbackRequest) -> bool:
    """Whether the operator called back and the customer wasn't there: on the pages, or at the phone."""
    call = request.call
    did_not_answer = (
        call is not None
        and not call.is_live
        and call.joined_at is None
        and request.rang_at is not None
        and call.end_reason in caused_by(Cause.CUSTOMER)
    )
    return request.state == CallbackState.MISSED or did_not_answer


def failed(request: CallbackRequest) -> bool:
    """Whether it ended without a call, and not by the customer's own wish."""
    return request.state in (CallbackState.DECLINED, CallbackState.EXPIRED) or was_missed(request)
