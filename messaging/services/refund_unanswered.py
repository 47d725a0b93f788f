"""Answer or refund: a paid text that nobody answered in time is given back. Run every few minutes by the worker."""

from datetime import datetime

from core.db import transactional
from messaging.models import Conversation, Message
from messaging.services.refund_message import refund_message

BATCH = 200


def refund_unanswered(*, at: datetime) -> int:
    """Refund texts whose time was over at `at`, each in a transaction of its own; how many. Safe to run at any time."""
    due = Message.objects.filter(answer_by__lte=at).order_by("answer_by")
    ids = list(due.values_list("pk", "conversation_id")[:BATCH])
    return sum(_refund_one(message_id, conversation_id, at) for message_id, conversation_id in ids)


@transactional
def _refund_one(message_pk: int, conversation_id: int, at: datetime) -> bool:
    Conversation.objects.select_for_update().get(pk=conversation_id)
    # Looked at again under the lock: an answer may have come while we waited for it.
    message = Message.objects.filter(pk=message_pk, answer_by__lte=at).first()
    if message is None:
        return False
    return refund_message(message, reason="unanswered", words="No reply in time", at=at)
