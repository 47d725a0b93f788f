"""The job behind a queued SMS: look once more whether it is wanted, say that it is on its way, hand it over.

At most once: after the hand-over began it is never begun again; what became of it the status callback says.
"""

import logging

from core import clock
from core.db import transactional
from customers.models import CustomerPhone
from messaging.gateways import sending_gateway
from messaging.gateways.base import Busy, Refused, Unknown
from messaging.models import Sms
from messaging.selectors import wants_sms
from messaging.services.sms_status import settle_sms, take_sid
from messaging.states import Side, SmsKind, SmsState
from operators.models import Operator
from operators.selectors import is_blocked
from phones.models import PhoneNumber

log = logging.getLogger(__name__)


def send_sms(*, sms_id: int) -> None:
    """Send the SMS if it still waits and is still wanted. Raises Busy: try again later."""
    sms = _take(sms_id)
    if sms is None:
        return
    body = sms.message.text if sms.kind == SmsKind.TEXT and sms.message else sms.body
    try:
        sid = sending_gateway().send(
            to=sms.phone_number.e164, ours=sms.our_number, body=body, reference=sms.reference
        )
    except Busy:
        _put_back(sms_id)
        raise
    except Refused as error:
        settle_sms(
            sms_id=sms_id,
            state=SmsState.FAILED,
            error_code=error.code,
            is_unsubscribed=error.is_unsubscribed,
        )
    except Unknown:
        log.warning("%s: the provider's answer is unknown; the callback will tell", sms.reference)
    else:
        take_sid(sms_id=sms_id, sid=sid)


@transactional
def _take(sms_id: int) -> Sms | None:
    """The SMS, marked as on its way; None if there is nothing to send."""
    sms = Sms.objects.select_for_update().filter(pk=sms_id, state=SmsState.QUEUED).first()
    if sms is None:
        return None
    sms.state = SmsState.SENDING if _is_wanted(sms) else SmsState.DROPPED
    sms.changed_at = clock.now()
    sms.save(update_fields=["state", "changed_at"])
    return sms if sms.state == SmsState.SENDING else None


def _is_wanted(sms: Sms) -> bool:
    if not (sending_gateway().is_configured() and sms.our_number and wants_sms(sms.phone_number)):
        return False
    message = sms.message
    if message is None:
        return True
    conversation = message.conversation
    reader = Side(message.sender_type).other
    if not _is_theirs(sms.phone_number, reader, conversation.customer_id, conversation.operator_id):
        return False
    if is_blocked(customer_id=conversation.customer_id, operator_id=conversation.operator_id):
        return False
    has_read = conversation.read_by(reader) >= message.number
    return message.refunded_at is None and not (sms.kind == SmsKind.ALERT and has_read)


def _is_theirs(number: PhoneNumber, side: Side, customer_id: int, operator_id: int) -> bool:
    """Whether the number still belongs to the person it was queued for."""
    if side == Side.OPERATOR:
        return Operator.objects.filter(pk=operator_id, phone_number=number).exists()
    phones = CustomerPhone.objects.filter(customer_id=customer_id, phone_number=number)
    return phones.filter(verified_at__isnull=False).exists()


def _put_back(sms_id: int) -> None:
    Sms.objects.filter(pk=sms_id, state=SmsState.SENDING).update(state=SmsState.QUEUED)
