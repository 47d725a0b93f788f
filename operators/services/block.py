"""An operator wants no contact with a customer, or does again. The customer is not told who decided it."""

from core.db import transactional
from operators.models import Block
from operators.states import BlockedBy


@transactional
def block(*, operator_id: int, customer_id: int) -> Block:
    """No calls and texts between the two from now on; doing it again changes nothing."""
    block_row, _ = Block.objects.get_or_create(
        operator_id=operator_id, customer_id=customer_id, blocked_by=BlockedBy.OPERATOR
    )
    return block_row


@transactional
def unblock(*, operator_id: int, customer_id: int) -> None:
    """Take the operator's own block back; one by the customer or the house stays."""
    Block.objects.filter(
        operator_id=operator_id, customer_id=customer_id, blocked_by=BlockedBy.OPERATOR
    ).delete()
