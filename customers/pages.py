"""Pages about customers that domain code links to."""

from core.pages import Page

STAFF_CUSTOMER = Page("a customer, for staff")  # by id
