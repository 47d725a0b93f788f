"""A call that a fault of ours cut off at once costs nothing: given back before anybody reads the receipt."""

from django.conf import settings

from billing.services import refund_by_rule
from telephony.faults import refund_reason
from telephony.models import Call


def refund_fault(call: Call) -> None:
    """Refund an ended call if the table of end reasons says so. What its end was only presumed to be refunds nothing yet.

    In the transaction that ended or corrected the call.
    """
    if not settings.FAULT_REFUND_SECONDS:
        return
    within_ms = settings.FAULT_REFUND_SECONDS * 1000
    reason = refund_reason(call.end_reason, call.ended_by, call.joined_ms, within_ms=within_ms)
    if reason and not call.needs_review:
        refund_by_rule.refund_fault(call.terms, reason=reason)
