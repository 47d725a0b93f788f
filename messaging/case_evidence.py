"""What messaging adds to the evidence of a case (`billing.case_evidence`): when a text was sent and answered. Never its words."""

from typing import Any

from billing.case_evidence import as_text, register
from messaging.models import Message


@register
def text_evidence(customer_id: int, reference: str) -> dict[str, Any]:
    """The text with this id, if it is of a conversation of the customer's."""
    texts = Message.objects.filter(conversation__customer=customer_id, message_id=reference)
    text = texts.first()
    if text is None:
        return {}
    later = Message.objects.filter(conversation=text.conversation_id, number__gt=text.number)
    replies = later.exclude(sender_type=text.sender_type).exclude(is_automatic=True)
    reply = replies.order_by("number").first()
    facts = {
        "way": text.message_type,
        "sent_at": as_text(text.created_at),
        "failed_at": as_text(text.failed_at),
        "replied_at": as_text(reply.created_at if reply else None),
        "refunded_at": as_text(text.refunded_at),
    }
    return {"text": facts}
