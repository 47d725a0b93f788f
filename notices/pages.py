"""Pages that notices link to."""

from core.pages import Page

CUSTOMER_HOME = Page("the customer's own first page")
CUSTOMER_CASE = Page("a case, for the customer who opened it")  # by its number
COMPLAINT = Page("a complaint, for who has the link")  # by its number and the link's token
OPERATOR_HOME = Page("the operator's first page")
OPERATOR_CONSOLE = Page("the operator's console")
APPLICATION = Page("the application to become an operator")
OPERATOR_STATEMENT = Page("the operator's statement")
TAX_FORM = Page("the tax form of an operator")
OPERATOR_HELD = Page("what is held of the operator's earnings")
HELD_LINE = Page("one call, text, or tip whose earnings are held, for its operator")  # by its reference
OPERATOR_PAYOUTS = Page("payouts to the operator")
PAYOUT_ACCOUNT = Page("where the operator is paid")
STAFF_APPROVALS = Page("requests for approval, for staff")
MAIL_OFF = Page("turning a kind of mail off")  # by the token of its link
APP_ICON = Page("the icon of the installed app")  # by its size
NOTIFICATIONS = Page("what a customer wants to be told")
LIMITS = Page("the customer's limits")
DISCRETION = Page("what others could see of an account")
