"""Somebody ends a call from a page: the customer, the operator, or staff. The adapter does it and reports it."""

from typing import Any

from django.contrib.auth.models import AbstractBaseUser
from django.utils.translation import gettext as _

from core import audit, clock
from core.db import transactional
from core.parse import checked_reason
from customers.models import Customer
from operators.models import Operator
from telephony import adapter_client
from telephony.errors import PhoneSystemUnavailable, UnknownCall
from telephony.models import Call
from telephony.services.end_call import end_call
from telephony.states import CallStatus, EndedBy, EndReason


def hang_up_as_customer(*, customer: Customer, call_id: str) -> Call:
    """End or cancel one's own call. Ending an ended call changes nothing. Raises UnknownCall, PhoneSystemUnavailable."""
    return _hang_up(EndedBy.CUSTOMER, EndReason.HANGUP, call_id=call_id, customer=customer)


def hang_up_as_operator(*, operator: Operator, call_id: str) -> Call:
    """The same for the operator of the call."""
    return _hang_up(EndedBy.OPERATOR, EndReason.HANGUP, call_id=call_id, operator=operator)


def hang_up_as_staff(*, call_id: str, actor: AbstractBaseUser | None, reason: str) -> Call:
    """The same for staff, for any call, on record once the switch was told. Raises Invalid without a reason, too."""
    reason = checked_reason(reason, "it is kept on record")
    call = _hang_up(EndedBy.STAFF, EndReason.STAFF_ENDED, call_id=call_id)
    audit.record(actor=actor, action="call.hang_up", subject=call, reason=reason)
    return call


def _hang_up(ended_by: EndedBy, why: EndReason, **whose: Any) -> Call:
    call = Call.objects.filter(**whose).select_related("operator").first()
    if call is None:
        raise UnknownCall(_("Call not found."))
    if not call.is_live:
        return call
    try:
        answer = adapter_client.hang_up(call.call_id, ended_by=ended_by, why=why)
    except (adapter_client.Refused, adapter_client.Unknown):
        raise PhoneSystemUnavailable(
            _("Our phone system isn’t responding. Hang up your phone: that ends the call right away.")
        ) from None
    if answer.status == 404:
        _cancel_undialled(call.pk, ended_by)
    elif not answer.is_ok:
        raise PhoneSystemUnavailable(
            _("Our phone system can’t end the call right now. Please hang up your phone.")
        )
    call.refresh_from_db()
    return call


@transactional
def _cancel_undialled(call_pk: int, ended_by: EndedBy) -> None:
    """The adapter never heard of the call: it is over once it can no longer be dialled (until then it may arrive)."""
    call = Call.objects.locked().get(pk=call_pk)
    at = clock.now()
    if call.is_live and call.joined_at is None and at > call.not_after:
        why = EndReason.CUSTOMER_CANCELLED if ended_by == EndedBy.CUSTOMER else EndReason.STAFF_ENDED
        end_call(call, status=CallStatus.ENDED, reason=why, ended_by=ended_by, joined_ms=None, at=at)
