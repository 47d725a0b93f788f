"""Pages that letters about data link to."""

from core.pages import Page

CUSTOMER_DATA = Page("a customer's copy of their data")
OPERATOR_DATA = Page("an operator's copy of their data")
