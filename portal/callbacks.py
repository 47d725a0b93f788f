"""Requests for callbacks on the operator's console: who waits, and calling back. Thin: each view calls one service."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_POST

from core import clock
from operators.models import Operator
from portal.decorators import operator_page
from portal.history_words import history_words
from telephony.callbacks import queue_of
from telephony.services.offer_callback import decline_callback, offer_callback
from telephony.states import CallbackState
from web.actions import run_service


@dataclass(frozen=True, slots=True)
class CallbackRow:
    """One customer, by alias: new or returning, since when they wait, whether their phone is called."""

    number: int
    alias: str
    past_calls: int
    since: datetime
    rings: bool
    offered_until: datetime | None

    @property
    def history(self) -> str:
        return history_words(self.past_calls)


def callbacks_context(operator: Operator) -> dict[str, Any]:
    """What the region shows. One query."""
    rows = [
        CallbackRow(
            number=request.pk,
            alias=request.customer.alias,
            past_calls=request.past_calls or 0,  # type: ignore[attr-defined]  # annotated
            since=request.created_at,
            rings=request.rings,
            offered_until=request.offered_until if request.state == CallbackState.OFFERED else None,
        )
        for request in queue_of(operator.pk, clock.now())
    ]
    return {"callbacks": rows}


@require_POST
@operator_page
def call_back(request: HttpRequest, operator: Operator, number: int) -> HttpResponse:
    """Offer the customer a call for two minutes."""
    return run_service(
        request,
        lambda: offer_callback(operator=operator, request_id=number),
        then=reverse("portal:console"),
        message="Offered for two minutes.",
    )


@require_POST
@operator_page
def decline(request: HttpRequest, operator: Operator, number: int) -> HttpResponse:
    """Not now."""
    return run_service(
        request,
        lambda: decline_callback(operator=operator, request_id=number),
        then=reverse("portal:console"),
        message="Declined. We’ll let the customer know kindly.",
    )
