"""What became of an SMS: forward only, and a paid text that did not arrive is given back."""

from datetime import datetime

from django.db.models import OuterRef, Subquery

from core import clock
from core.db import transactional
from core.errors import NotAllowed, NotFound
from messaging import conf
from messaging.models import Conversation, Message, Sms
from messaging.push import push_changed, push_marks
from messaging.services.record_consent import record_consent
from messaging.services.refund_message import refund_message
from messaging.states import (
    FINAL_SMS_STATES,
    ConsentAction,
    ConsentSource,
    Side,
    SmsDirection,
    SmsKind,
    SmsState,
)

_RANK = {SmsState.QUEUED: 0, SmsState.SENDING: 1, SmsState.SENT: 2}


@transactional
def note_status(
    *,
    reference: str,
    sid: str,
    state: SmsState | None,
    error_code: str,
    is_unsubscribed: bool = False,
    phone_number: str,
    our_number: str,
) -> None:
    """One status callback; `state` is None where it says nothing new. A repeat or a late one changes nothing. Raises NotFound, NotAllowed (not about this SMS)."""
    sms = Sms.objects.select_for_update().filter(reference=reference, direction=SmsDirection.OUT).first()
    if sms is None:
        raise NotFound("SMS not found.")
    if (sms.phone_number.e164, sms.our_number) != (phone_number, our_number) or sms.sid not in (None, sid):
        raise NotAllowed("This is about another SMS.")
    if sms.sid is None and Sms.objects.filter(sid=sid).exists():
        raise NotAllowed("This is about another SMS.")
    if sms.sid is None:
        sms.sid = sid
        sms.save(update_fields=["sid"])
    if state is not None:
        _move(sms, state, error_code, is_unsubscribed=is_unsubscribed)


@transactional
def settle_sms(*, sms_id: int, state: SmsState, error_code: str = "", is_unsubscribed: bool = False) -> None:
    """What the hand-over itself said."""
    sms = Sms.objects.select_for_update().get(pk=sms_id)
    _move(sms, state, error_code, is_unsubscribed=is_unsubscribed)


@transactional
def take_sid(*, sms_id: int, sid: str) -> None:
    """The provider has accepted it under this SID; a callback may have been faster."""
    sms = Sms.objects.select_for_update().get(pk=sms_id)
    if sms.sid is None:
        sms.sid = sid
        sms.save(update_fields=["sid"])
    _move(sms, SmsState.SENT, "")


def give_up_on_silence(*, at: datetime) -> int:
    """SMS whose hand-over was cut and of which no callback told for an hour count as failed; how many."""
    silent = Sms.objects.filter(state=SmsState.SENDING, changed_at__lte=at - conf.OUTCOME_UNKNOWN_AFTER)
    ids = list(silent.values_list("pk", flat=True)[:200])
    for sms_id in ids:
        settle_sms(sms_id=sms_id, state=SmsState.FAILED, error_code="unknown")
    return len(ids)


def _move(sms: Sms, state: SmsState, error_code: str, *, is_unsubscribed: bool = False) -> None:
    current_state = SmsState(sms.state)
    if current_state in FINAL_SMS_STATES or _RANK.get(state, 9) <= _RANK[current_state]:
        return
    at = clock.now()
    sms.state, sms.error_code, sms.changed_at = state, error_code[:10], at
    sms.save(update_fields=["state", "error_code", "changed_at"])
    if is_unsubscribed:
        record_consent(
            phone_number=sms.phone_number,
            action=ConsentAction.STOP,
            source=ConsentSource.CARRIER,
            said=f"error {error_code}",
            our_number=sms.our_number,
            sid=sms.sid or "",
        )
    if sms.kind == SmsKind.TEXT and sms.message_id is not None:
        _tell(sms.message_id, state, at)


def _tell(message_pk: int, state: SmsState, at: datetime) -> None:
    message = Message.objects.get(pk=message_pk)
    conversation = Conversation.objects.select_for_update().get(pk=message.conversation_id)
    reader = Side(message.sender_type).other
    has_failed = state in (SmsState.FAILED, SmsState.UNDELIVERED)
    if has_failed and conversation.delivered_to(reader) < message.number:  # else it came by the site
        message.failed_at = at
        message.save(update_fields=["failed_at"])
        was_answered = (
            message.charged_minor and message.answer_by is None and conversation.waiting_since is None
        )
        if not was_answered:
            refund_message(message, reason="undelivered", words="Could not be delivered", at=at)
    if state in FINAL_SMS_STATES:
        _move_mark(conversation, reader)
        push_changed(conversation, message.number)


def _move_mark(conversation: Conversation, reader: Side) -> None:
    """How far the texts to `reader` have come: past each that was delivered, over those that failed, and up to the first of
    which nobody knows. A later text that got through says nothing of an earlier one.
    """
    mark = before = conversation.delivered_to(reader)
    last_state = Sms.objects.filter(message=OuterRef("pk"), kind=SmsKind.TEXT).order_by("-id").values("state")
    texts = Message.objects.filter(
        conversation=conversation, sender_type=reader.other, number__gt=before, is_automatic=False
    )
    for number, state in texts.order_by("number").values_list("number", Subquery(last_state[:1])):
        if state not in FINAL_SMS_STATES:
            break
        if state == SmsState.DELIVERED:
            mark = number
    if mark > before:
        setattr(conversation, f"{reader}_delivered", mark)
        conversation.save(update_fields=[f"{reader}_delivered"])
        push_marks(conversation, reader)
