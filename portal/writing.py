"""Where an operator writes to a customer, and why that isn't possible, in words. One rule: `messaging.first_contact`."""

from collections.abc import Collection
from datetime import datetime

from django.urls import reverse

from core.errors import DomainError
from messaging.first_contact import CONTACT_WITHIN, require_welcome
from messaging.models import Conversation
from messaging.selectors import conversations_to_write_in
from messaging.states import Side
from operators.customer_list import interactions_with
from operators.models import Operator
from operators.selectors import is_blocked
from web.conversations import blocking_sides, describe_own_block


def closed_words(conversation: Conversation, at: datetime) -> str:
    """Why nothing can be written; empty if it can. `conversation`: with its people, not saved where there is none."""
    alias, operator_id = conversation.customer.alias, conversation.operator_id
    blocks = blocking_sides(customer_id=conversation.customer_id, operator_id=operator_id)
    if Side.OPERATOR in blocks:
        return describe_own_block(alias)
    if blocks or is_blocked(customer_id=conversation.customer_id, operator_id=operator_id):
        return f"{alias} doesn’t want to be contacted. Neither of you can text or call."
    try:
        require_welcome(conversation, at)
    except DomainError as error:
        return error.message
    return ""


def write_urls(operator: Operator, customer_ids: Collection[int], at: datetime) -> dict[int, str]:
    """Customer id → the page to write to them: their conversation, or a new one where there was contact lately.

    The page itself says whether the operator may write now. Two queries, and one for each customer it leads to.
    """
    conversations = conversations_to_write_in(operator, customer_ids)
    urls = {customer: reverse("portal:conversation", args=[pk]) for customer, pk in conversations.items()}
    for interaction in interactions_with(operator, set(customer_ids) - set(urls)):
        customer = interaction.customer_id
        is_recent = interaction.last_at > at - CONTACT_WITHIN
        if is_recent and not is_blocked(customer_id=customer, operator_id=operator.pk):
            urls[customer] = reverse("portal:customer-write", args=[interaction.pk])
    return urls
