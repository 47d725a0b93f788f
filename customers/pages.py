"""Pages about customers that domain code links to."""

from core.pages import Page

PASSWORD_LINK = Page("where people choose a password")  # by person and key of allauth; on every site
STAFF_CUSTOMER = Page("a customer, for staff")  # by id
