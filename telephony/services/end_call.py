"""The one way a call ends: settle what was joined or release everything, free the operator, tell the pages.

Called inside the transaction of the verb that ends the call, with the call's row locked and live.
"""

from datetime import datetime

from billing.models import Authorization
from billing.services.release import release
from billing.services.settle import settle
from core import clock
from operators.services.count_activity import count_call
from operators.services.release_operator import release_operator
from operators.states import Outcome
from telephony.metrics import count_settled
from telephony.models import Call
from telephony.push import push_call
from telephony.services.mail_receipt import mail_receipt
from telephony.services.refund_fault import refund_fault
from telephony.services.tell_limit import tell_limit
from telephony.states import CallStatus, EndedBy, EndReason


def end_call(
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
    authorization = call.terms
    if joined_ms is None:
        call.status = status
        authorization.take_outcome(release(authorization_id=authorization.pk))
    else:
        call.status, call.joined_ms = CallStatus.ENDED, joined_ms
        outcome = settle(authorization_id=authorization.pk, joined_ms=max(joined_ms, 1))
        authorization.take_outcome(outcome)
        call.charged_seconds = outcome.charged_seconds
        count_call(
            customer_id=call.customer_id,
            operator_id=call.operator_id,
            brand_id=call.brand_id,
            time_zone=call.operator.user.time_zone,
            seconds=outcome.charged_seconds,
            at=_settled_at(authorization),
        )
        refund_fault(call)
        count_settled(at)
    call.save()
    if call.joined_ms is not None and call.customer.mails_receipts:
        mail_receipt(call_id=call.call_id)
    tell_limit(call)
    release_operator(operator=call.operator, outcome=_outcome(call), at=clock.now())
    push_call(call, with_wallet=True)


def _settled_at(authorization: Authorization) -> datetime:
    """When the books were written: the day of a call is the day of its money."""
    settled_at = Authorization.objects.values_list("settled_at", flat=True).get(pk=authorization.pk)
    assert settled_at is not None, "it was settled in this transaction"
    return settled_at


def _outcome(call: Call) -> Outcome:
    """What the end means for the operator: a phone that really rang and was not picked up, or nothing they did."""
    if call.joined_ms is not None:
        return Outcome.JOINED
    rang = call.operator_ringing_at is not None and call.end_reason == EndReason.OPERATOR_NO_ANSWER
    return Outcome.MISSED if rang else Outcome.OTHER
