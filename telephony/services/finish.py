"""The one way a call ends: settle what was joined or release everything, free the operator, tell the pages.

Called inside the transaction of the verb that ends the call, with the call's row locked and live.
"""

from datetime import datetime

from billing.models import Authorization
from billing.rating import Bill
from billing.services.release import release
from billing.services.settle import settle
from operators.services.presence import set_in_call
from operators.services.record import record_call
from telephony.models import Call
from telephony.push import push_call
from telephony.states import CallStatus, EndedBy, EndReason


def finish(
    call: Call,
    *,
    status: CallStatus,
    reason: EndReason,
    ended_by: EndedBy,
    joined_ms: int | None,
    at: datetime,
    needs_review: bool = False,
) -> None:
    """End `call` at `at`. `joined_ms` None: never joined, nothing is charged; else it is settled, status `ended`."""
    call.ended_at, call.end_reason, call.ended_by, call.needs_review = at, reason, ended_by, needs_review
    call.sequence += 1
    authorization = call.authorization
    assert authorization is not None, "a call is authorized in the transaction that makes it"
    if joined_ms is None:
        call.status = status
        _show(authorization, release(authorization_id=authorization.pk))
    else:
        call.status, call.joined_ms = CallStatus.ENDED, joined_ms
        bill = settle(authorization_id=authorization.pk, joined_ms=max(joined_ms, 1))
        _show(authorization, bill)
        call.charged_seconds = bill.charged_seconds
        record_call(
            customer_id=call.customer_id,
            operator_id=call.operator_id,
            brand_id=call.brand_id,
            time_zone=call.operator.user.time_zone,
            seconds=bill.charged_seconds,
            earned_minor=bill.operator_minor,
            at=at,
        )
    call.save()
    set_in_call(operator=call.operator, in_call=False)
    push_call(call)


def _show(authorization: Authorization, bill: Bill) -> None:
    """Bring the object in hand up to what billing wrote, so that pages are told the outcome without another read."""
    authorization.charged_seconds = bill.charged_seconds
    authorization.billable_seconds = bill.billable_seconds
    authorization.free_used_seconds = bill.free_used_seconds
    authorization.talk_minor, authorization.fee_minor = bill.talk_minor, bill.fee_minor
    authorization.operator_minor, authorization.platform_minor = bill.operator_minor, bill.platform_minor
    authorization.promo_minor = bill.promo_minor
