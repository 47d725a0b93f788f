"""Refund a paid message because the house promised so: nobody answered, or it did not arrive."""

from datetime import datetime

from billing.services.refund import refund_reference
from core.db import transactional
from core.errors import Conflict
from messaging.models import Conversation, Message
from messaging.push import push_changed


@transactional
def give_back(message: Message, conversation: Conversation, *, reason: str, words: str, at: datetime) -> bool:
    """Refund what `message` cost, the operator's share included, and say why on it. False if there is nothing to.

    Called with the conversation's row locked. `reason` is a word kept with the message, `words` go into the books.
    """
    message.refresh_from_db()
    if not message.charged_minor or message.refunded_at is not None:
        return False
    try:
        refund_reference(
            reference=message.message_id,
            reason=words,
            actor=None,
            idempotency_key=f"{reason}:{message.message_id}",
        )
    except Conflict as error:
        if error.error_code != "nothing_left":  # staff were faster
            raise
    message.refunded_at, message.refund_reason, message.answer_by = at, reason, None
    message.save(update_fields=["refunded_at", "refund_reason", "answer_by"])
    push_changed(conversation, message.number)
    return True
