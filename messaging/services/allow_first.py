"""A customer says whether an operator may write to them first."""

from core.db import transactional
from customers.models import Customer
from messaging.errors import NoSuchConversation
from messaging.models import Conversation
from operators.models import Operator


@transactional
def allow_first(*, customer: Customer, operator: Operator, is_allowed: bool) -> None:
    """From now on. A text that answers one of the customer's is always welcome. Raises NoSuchConversation."""
    own = Conversation.objects.filter(customer=customer, operator=operator)
    if not own.update(customer_takes_first=is_allowed):
        raise NoSuchConversation("Conversation not found.")
