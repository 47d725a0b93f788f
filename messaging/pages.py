"""Pages of conversations that domain code links to."""

from core.pages import Page

CUSTOMER_CONVERSATION = Page("a conversation, for its customer")  # by the operator's slug
STAFF_CONVERSATION = Page("a conversation, for staff who say why they read it")  # by id; posted
OPERATOR_CONVERSATION = Page("a conversation, for its operator")  # by id
