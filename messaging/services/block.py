"""No contact between two people any more, or again. Every page, the API, and the console block through here."""

from core import audit, clock
from core.db import transactional
from customers.groups import recheck_sockets
from customers.models import User
from messaging.models import Conversation, Message
from messaging.services.refund_message import refund_message
from messaging.states import Side
from operators.domain_events import contact_blocked
from operators.models import Block


@transactional
def block(*, customer_id: int, operator_id: int, side: Side, actor: User | None) -> None:
    """Stop calls and messages between the two, both ways; `side` decided it. A repeat changes nothing.

    Unanswered paid texts are refunded when the operator blocks; when the customer does, the operator can no longer
    answer, and they stay paid.
    """
    # The conversation is locked first, as it is by whoever sends into it.
    conversation = (
        Conversation.objects.select_for_update(of=("self",))
        .select_related("customer", "operator")
        .filter(customer_id=customer_id, operator_id=operator_id)
        .first()
    )
    block_row, is_new = Block.objects.get_or_create(
        customer_id=customer_id, operator_id=operator_id, blocked_by=str(side)
    )
    if not is_new:
        return
    if conversation is not None:
        _close_unanswered(conversation, side)
        recheck_sockets([conversation.customer.user_id, conversation.operator.user_id])
    contact_blocked.tell(customer_id=customer_id, operator_id=operator_id)
    _record("contact.block", block_row, side, actor)


@transactional
def unblock(*, customer_id: int, operator_id: int, side: Side, actor: User | None) -> None:
    """Take back the block of `side`; one by the other side or the platform stays. Without one nothing changes."""
    block_row = (
        Block.objects.select_for_update()
        .filter(customer_id=customer_id, operator_id=operator_id, blocked_by=str(side))
        .first()
    )
    if block_row is not None:
        _record("contact.unblock", block_row, side, actor)
        block_row.delete()


def _close_unanswered(conversation: Conversation, side: Side) -> None:
    unanswered = Message.objects.filter(conversation=conversation, answer_by__isnull=False)
    if side == Side.CUSTOMER:
        unanswered.update(answer_by=None)
        return
    at = clock.now()
    for message in unanswered.order_by("number"):
        refund_message(message, reason="blocked", words="Blocked before a reply", at=at)


def _record(action: str, block_row: Block, side: Side, actor: User | None) -> None:
    audit.record(
        actor=actor,
        action=action,
        subject=f"customers.customer:{block_row.customer_id}",
        operator=block_row.operator_id,
        by=str(side),
    )
