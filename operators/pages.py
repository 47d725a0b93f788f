"""Pages about operators that domain code links to."""

from core.pages import Page

PROFILE = Page("an operator, for customers")  # by slug
OWN_LINK = Page("the own link of an operator")  # by slug
STAFF_PROFILE = Page("an operator, for staff")  # by id
PHOTO = Page("a photo")  # by digest, width, and format
GREETING = Page("a recorded greeting")  # by digest and ending
