"""Blocking from any page of the portal: where the two wrote to each other, what is unanswered is given back too."""

from customers.models import Customer
from messaging.selectors import conversation_between
from messaging.services import block as conversations
from messaging.states import Side
from operators.models import Operator
from operators.services import block as people


def block(operator: Operator, customer: Customer) -> None:
    """The operator wants no calls and texts from this customer any more."""
    conversation = conversation_between(customer, operator)
    if conversation is None:
        people.block(operator_id=operator.pk, customer_id=customer.pk)
    else:
        conversations.block(conversation_id=conversation.pk, side=Side.OPERATOR)


def unblock(operator: Operator, customer: Customer) -> None:
    """The operator takes their block back."""
    people.unblock(operator_id=operator.pk, customer_id=customer.pk)
