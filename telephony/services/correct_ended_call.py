"""The truth about a call that was ended without it: the charge becomes what it should have been, once."""

from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from billing.models import Authorization
from billing.services.adjust_settlement import Adjusted, adjust_settlement
from core import audit
from operators.services.count_activity import count_call, count_longer_call
from telephony.models import Call
from telephony.push import push_call
from telephony.services.refund_fault import refund_fault
from telephony.states import CallStatus, EndedBy, EndReason


@dataclass(frozen=True, slots=True)
class ActualOutcome:
    """What became known of a call: how it ended and, if both were joined, when and for how long."""

    status: CallStatus
    reason: EndReason
    ended_by: EndedBy
    joined_ms: int | None = None
    joined_at: datetime | None = None
    left_at: datetime | None = None


def correct_ended_call(call: Call, truth: ActualOutcome, *, because: str) -> Adjusted | None:
    """Bring a call that is over to the truth; runs in the caller's transaction, with the call's row locked.

    A charge that differs is adjusted and stays marked for review. Returns the adjustment, None if no money was
    concerned. Raises Conflict `adjusted_before`.
    """
    call.end_reason, call.ended_by = truth.reason, truth.ended_by
    call.sequence += 1
    if truth.joined_ms is None:
        call.status, call.needs_review = truth.status, False
        call.save()
        push_call(call)
        return None
    adjusted = _charge(call, truth.joined_ms)
    call.status, call.joined_ms = CallStatus.ENDED, truth.joined_ms
    call.joined_at, call.left_at = truth.joined_at or call.joined_at, truth.left_at or call.left_at
    call.needs_review = bool(adjusted.change_minor)
    refund_fault(call)
    call.save()
    audit.record(
        actor=None,
        action="call.correct",
        subject=call,
        reason=because,
        joined_ms=truth.joined_ms,
        change_minor=adjusted.change_minor,
        uncollected_minor=adjusted.uncollected_minor,
    )
    push_call(call)
    return adjusted


def _charge(call: Call, joined_ms: int) -> Adjusted:
    authorization = call.terms
    adjusted = adjust_settlement(authorization_id=authorization.pk, joined_ms=joined_ms)
    authorization.take_outcome(adjusted.outcome)
    _count(call, authorization, adjusted.outcome.charged_seconds)
    call.charged_seconds = adjusted.outcome.charged_seconds
    return adjusted


def _count(call: Call, authorization: Authorization, seconds: int) -> None:
    """The counters of both parties follow, on the day the call was settled."""
    settled_at = authorization.settled_at
    assert settled_at is not None, "it was settled before"
    time_zone = call.operator.user.time_zone
    if call.charged_seconds is None:
        count_call(
            customer_id=call.customer_id,
            operator_id=call.operator_id,
            brand_id=call.brand_id,
            time_zone=time_zone,
            seconds=seconds,
            at=settled_at,
        )
    else:
        count_longer_call(
            customer_id=call.customer_id,
            operator_id=call.operator_id,
            brand_id=call.brand_id,
            day=settled_at.astimezone(ZoneInfo(time_zone)).date(),
            more_seconds=seconds - call.charged_seconds,
        )
