"""Pages that notices link to."""

from core.pages import Page

CUSTOMER_HOME = Page("the customer's own first page")
CUSTOMER_CASE = Page("a case, for the customer who opened it")  # by its number
COMPLAINT = Page("a complaint, for who has the link")  # by its number and the link's token
OPERATOR_HOME = Page("the operator's first page")
APPLICATION = Page("the application to become an operator")
OPERATOR_HELD = Page("what is held of the operator's earnings")
STAFF_APPROVALS = Page("requests for approval, for staff")
MAIL_OFF = Page("turning a kind of mail off")  # by the token of its link
APP_ICON = Page("the icon of the installed app")  # by its size
NOTIFICATIONS = Page("what a customer wants to be told")
LIMITS = Page("the customer's limits")
DISCRETION = Page("what others could see of an account")
