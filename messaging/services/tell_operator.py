"""Tell an operator that a message waits, while no page of theirs is open: a notification in their browsers."""

from procrastinate.contrib.django import app

from core import clock
from core.db import transactional
from core.jobs import Queue
from messaging import conf
from messaging.models import Conversation
from messaging.pages import OPERATOR_CONVERSATION
from messaging.services.tell_waiting import GIVEN_UP_AFTER
from notices.selectors import is_page_open, portal_subscriptions_of
from notices.services.operator_push import push_to_operator
from notices.states import NoticeKind

TELL_OPERATOR = "messaging.tell_operator"


def tell_operator_later(conversation: Conversation, number: int) -> None:
    """Right after the commit. In the transaction that writes the message of this number."""
    if portal_subscriptions_of(conversation.operator.user_id).exists():
        job = app.configure_task(TELL_OPERATOR, queue=Queue.ALERTS)
        job.defer(conversation_id=conversation.pk, number=number)


@transactional
def tell_operator(*, conversation_id: int, number: int) -> int:
    """Queue the notifications if the message still waits; how many. Asked again while a page is open."""
    rows = Conversation.objects.select_related("operator__user")
    conversation = rows.filter(pk=conversation_id).first()
    if conversation is None or conversation.operator_read >= number:
        return 0
    person = conversation.operator.user
    if is_page_open(person):
        written = conversation.messages.values_list("created_at", flat=True).get(number=number)
        if (at := clock.now()) < written + GIVEN_UP_AFTER:
            job = app.configure_task(TELL_OPERATOR, queue=Queue.DEFAULT, schedule_at=at + conf.notice_delay())
            job.defer(conversation_id=conversation_id, number=number)
        return 0
    return push_to_operator(
        NoticeKind.OPERATOR_MESSAGE,
        person,
        event=f"{conversation_id}:{number}",
        path=OPERATOR_CONVERSATION.path(conversation_id),
    )
