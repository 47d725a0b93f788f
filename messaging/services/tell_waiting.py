"""Tell a customer that a message waits, when they haven't read it for some minutes and no page of theirs is open."""

from datetime import timedelta

from procrastinate.contrib.django import app

from core import clock
from core.db import transactional
from core.jobs import Queue
from messaging import conf
from messaging.models import Conversation
from messaging.pages import CUSTOMER_CONVERSATION
from messaging.selectors import rules_of, verified_phone_of, wants_sms
from messaging.states import SmsMode
from notices.selectors import is_page_open
from notices.services.enqueue import enqueue
from notices.states import NoticeKind

TELL_WAITING = "messaging.tell_waiting"
GIVEN_UP_AFTER = timedelta(days=1)


def tell_later(conversation: Conversation, number: int) -> None:
    """Look after the message of this number in a few minutes. In the transaction that writes it."""
    _look_again(conversation.pk, number)


@transactional
def tell_waiting(*, conversation_id: int, number: int) -> bool:
    """Write the notice if the message still waits; whether one was written. Asked again while a page is open."""
    rows = Conversation.objects.select_related("customer__user", "operator", "brand")
    conversation = rows.filter(pk=conversation_id).first()
    if conversation is None or conversation.customer_read >= number or conversation.customer.closed_at:
        return False
    message = conversation.messages.get(number=number)
    phone = verified_phone_of(conversation.customer_id)
    has_sms = (
        rules_of(conversation.brand_id).sms_mode != SmsMode.OFF and phone is not None and wants_sms(phone)
    )
    if has_sms and not message.is_unprompted:
        return False  # the phone has told them
    person = conversation.customer.user
    if is_page_open(person):
        if clock.now() < message.created_at + GIVEN_UP_AFTER:
            _look_again(conversation_id, number)
        return False
    host = conversation.brand.hosts.first()
    enqueue(
        NoticeKind.MESSAGE_WAITING,
        recipient=person,
        brand=conversation.brand,
        key=f"message:{conversation_id}:{number}",
        operator=conversation.operator.stage_name,
        url=CUSTOMER_CONVERSATION.url(conversation.operator.slug, host=host.host) if host else "",
    )
    return True


def _look_again(conversation_id: int, number: int) -> None:
    job = app.configure_task(TELL_WAITING, queue=Queue.DEFAULT, schedule_at=clock.now() + conf.notice_delay())
    job.defer(conversation_id=conversation_id, number=number)
