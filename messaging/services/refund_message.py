"""Refund a paid message because the house promised so: nobody answered, or it did not arrive."""

from datetime import datetime

from billing.services.refund import refund_reference
from core.db import transactional
from core.errors import Conflict
from messaging.models import Message


@transactional
def refund_message(message: Message, *, reason: str, words: str, at: datetime) -> bool:
    """Refund what is left of what `message` cost, the operator's share included, and say why on it.

    False if there is nothing left to, because it was free or staff were faster: then it waits for no answer, either.
    Called with the conversation's row locked. `reason` is a word kept with the message, `words` go into the books.
    """
    message.refresh_from_db()
    if not message.charged_minor or message.refunded_at is not None:
        return False
    message.answer_by = None
    try:
        refund_reference(
            reference=message.message_id,
            reason=words,
            actor=None,
            idempotency_key=f"{reason}:{message.message_id}",
        )
    except Conflict as error:
        if error.error_code != "nothing_left":
            raise
    else:
        message.refunded_at, message.refund_reason = at, reason
    message.save(update_fields=["refunded_at", "refund_reason", "answer_by"])
    return message.refunded_at is not None
