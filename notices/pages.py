"""Pages that notices link to."""

from core.pages import Page

CUSTOMER_HOME = Page("the customer's own first page")
OPERATOR_HOME = Page("the operator's first page")
OPERATOR_HELD = Page("what is held of the operator's earnings")
STAFF_APPROVALS = Page("requests for approval, for staff")
