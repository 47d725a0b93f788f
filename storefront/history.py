"""Past calls and free minutes as pages show them, made from rows that selectors loaded."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _

from billing.models import FreeMinutesPackage
from billing.receipt_numbers import ReceiptOf, receipt_number
from telephony.end_messages import end_message
from telephony.models import Call
from telephony.snapshots import customer_snapshot
from telephony.states import CallStatus
from web import increments


@dataclass(frozen=True, slots=True)
class HistoryRow:
    """One line of the history."""

    url: str
    operator: str
    at: datetime
    words: str
    duration_seconds: int
    paid_minor: int  # refunds taken off
    given_back_minor: int
    currency: str
    is_live: bool


@dataclass(frozen=True, slots=True)
class Receipt:
    """What one call came to, as one would keep it. `summary` as in a snapshot."""

    brand: str
    operator: str
    at: datetime
    message: str
    rate_minor: int
    fee_minor: int
    is_fee_covered: bool
    counts: str  # what is charged of talk, on the terms of this call
    summary: dict[str, Any] | None
    currency: str
    call_id: str
    number: str  # the one people write down


@dataclass(frozen=True, slots=True)
class FreeMinutesRow:
    """Free minutes that can still be used: with one operator, or (empty) with any. `reserved_seconds` are those of the
    running call.
    """

    seconds: int
    reserved_seconds: int
    operator: str
    operator_url: str
    expires_at: datetime


def row_of(call: Call) -> HistoryRow:
    """A line about `call`, as `history_of` reads it."""
    authorization = call.authorization
    return HistoryRow(
        url=reverse("receipt", args=[call.call_id]),
        operator=call.operator.stage_name,
        at=call.initiated_at,
        words=_live_words(call) if call.is_live else end_message(call),
        duration_seconds=call.charged_seconds or 0,
        paid_minor=call.paid_minor,
        given_back_minor=call.given_back_minor,
        currency=authorization.currency if authorization else call.brand.currency,
        is_live=call.is_live,
    )


def receipt_of(call: Call) -> Receipt:
    """The receipt of a call that is over, as `call_of` reads it."""
    snapshot = customer_snapshot(call)
    return Receipt(
        brand=call.brand.name,
        operator=call.operator.stage_name,
        at=call.joined_at or call.initiated_at,
        message=snapshot["message"],
        rate_minor=snapshot["rate_minor"],
        fee_minor=snapshot["fee_minor"],
        is_fee_covered=bool(snapshot["fee_covered_by"]),
        counts=increments.describe_increments(snapshot["first_seconds"], snapshot["next_seconds"]),
        summary=snapshot["summary"],
        currency=snapshot["currency"],
        call_id=call.call_id,
        number=receipt_number(ReceiptOf.CALL, call.pk),
    )


def free_minutes_row(package: FreeMinutesPackage) -> FreeMinutesRow:
    """A line about `package`; needs its operator loaded."""
    operator = package.operator
    return FreeMinutesRow(
        seconds=package.seconds_remaining,
        reserved_seconds=package.seconds_reserved,
        operator=operator.stage_name if operator else "",
        operator_url=reverse("operator", args=[operator.slug]) if operator else "",
        expires_at=package.expires_at,
    )


def _live_words(call: Call) -> str:
    return _("In progress.") if call.status == CallStatus.ANSWERED else _("Connecting.")
