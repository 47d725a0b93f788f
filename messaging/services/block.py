"""No contact any more, or again: either side, without a reason."""

from core import audit, clock
from core.db import transactional
from messaging.models import Conversation, Message
from messaging.services.refund_message import refund_message
from messaging.states import Side
from operators.models import Block


@transactional
def block(*, conversation_id: int, side: Side) -> None:
    """Stop calls and messages between the two, both ways. A repeat changes nothing.

    Unanswered paid texts: given back at once when the operator ends it; when the customer does, the operator can no
    longer answer, and they stay paid.
    """
    conversation = Conversation.objects.select_for_update().get(pk=conversation_id)
    _, is_new = Block.objects.get_or_create(
        customer_id=conversation.customer_id, operator_id=conversation.operator_id, blocked_by=str(side)
    )
    if not is_new:
        return
    at = clock.now()
    unanswered = Message.objects.filter(conversation=conversation, answer_by__isnull=False)
    if side == Side.OPERATOR:
        for message in unanswered.order_by("number"):
            refund_message(message, reason="blocked", words="Blocked before an answer", at=at)
    else:
        unanswered.update(answer_by=None)
    audit.record(actor=None, action="conversation.block", subject=conversation, by=str(side))


@transactional
def unblock(*, conversation_id: int, side: Side) -> None:
    """Take back one's own block; the other side's stays."""
    conversation = Conversation.objects.get(pk=conversation_id)
    Block.objects.filter(
        customer_id=conversation.customer_id, operator_id=conversation.operator_id, blocked_by=str(side)
    ).delete()
    audit.record(actor=None, action="conversation.unblock", subject=conversation, by=str(side))
