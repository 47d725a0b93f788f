"""Requests for callbacks: who waits, on the console and in the header of every page, and calling back. Each view calls one service."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_POST

from core import clock
from operators.models import Operator
from portal.decorators import operator_page
from portal.history_words import history_words
from telephony.callbacks import QUEUE_SHOWN, queue_of
from telephony.models import CallbackRequest
from telephony.services.offer_callback import decline_callback, offer_callback
from telephony.states import CallbackState
from web.actions import run_service

HOUR_SECONDS = 3600


@dataclass(frozen=True, slots=True)
class CallbackRow:
    """One customer, by alias: new or returning, how long it holds, whether their phone is called. Read `at`."""

    number: int
    alias: str
    past_calls: int
    since: datetime
    until: datetime
    rings: bool
    is_offered: bool
    at: datetime

    @property
    def history(self) -> str:
        return history_words(self.past_calls)

    @property
    def seconds_left(self) -> int:
        """Whole seconds in which the request or the offer still holds."""
        return max(0, -(-(self.until - self.at) // timedelta(seconds=1)))

    @property
    def timer_from_ms(self) -> int:
        """An hour before it ends: where its timer counts from."""
        return _ms(self.until) - HOUR_SECONDS * 1000

    @property
    def at_ms(self) -> int:
        return _ms(self.at)


@dataclass(frozen=True, slots=True)
class CallbackQueue:
    """The rows of one operator, an outstanding offer first, then the longest waiting. More than are shown may wait."""

    rows: Sequence[CallbackRow]
    has_more: bool = False

    @property
    def waiting(self) -> list[CallbackRow]:
        """Those that wait for the operator, not for the customer."""
        return [row for row in self.rows if not row.is_offered]

    @property
    def count(self) -> str:
        """How many wait, for the header; empty if none does."""
        count = len(self.waiting)
        return f"{count}{'+' if self.has_more else ''}" if count else ""

    @property
    def newest(self) -> int:
        """The number of the newest one that waits: a higher one is news."""
        return max((row.number for row in self.waiting), default=0)

    @property
    def slots(self) -> dict[str, str]:
        """What the header of every page shows of it, and what is said of it to who can't see."""
        count = len(self.waiting)
        said = f"{self.count} callback request{'' if count == 1 else 's'}" if count else ""
        return {"callbacks": self.count, "callbacks-said": said}


def callbacks_of(operator: Operator) -> CallbackQueue:
    """What the regions and the header show. One query."""
    at = clock.now()
    found = queue_of(operator.pk, at, QUEUE_SHOWN + 1)
    rows = [_row(request, at) for request in found[:QUEUE_SHOWN]]
    return CallbackQueue(rows, len(found) > QUEUE_SHOWN)


def _row(request: CallbackRequest, at: datetime) -> CallbackRow:
    is_offered = request.state == CallbackState.OFFERED
    until = request.offered_until if is_offered else request.expires_at
    assert until is not None  # a constraint
    return CallbackRow(
        number=request.pk,
        alias=request.customer.alias,
        past_calls=request.past_calls or 0,  # type: ignore[attr-defined]  # annotated
        since=request.created_at,
        until=until,
        rings=request.rings,
        is_offered=is_offered,
        at=at,
    )


def _ms(at: datetime) -> int:
    return round(at.timestamp() * 1000)


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
