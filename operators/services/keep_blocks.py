"""A block outlives the account that it was made for: whoever was erased and signs up again with the same address has it still."""

from customers.domain_events import customer_returned
from customers.models import Customer
from operators.models import Block


@customer_returned.listener
def keep_blocks(*, customer: Customer, earlier: Customer) -> None:
    """The blocks of the earlier account, on the new one too; whoever made one can take it back there. Inside a transaction."""
    Block.objects.bulk_create(
        [
            Block(
                customer=customer,
                operator_id=block.operator_id,
                blocked_by=block.blocked_by,
                created_at=block.created_at,
            )
            for block in Block.objects.filter(customer=earlier)
        ],
        ignore_conflicts=True,
    )
