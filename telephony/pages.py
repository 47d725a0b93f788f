"""Pages about calls that domain code links to."""

from core.pages import Page

RECEIPT = Page("the receipt of a call")  # by call id
