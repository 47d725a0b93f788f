"""News from billing. Listeners: telephony extends a running call, notifications tell the customer."""

from core.announce import Announcement

funds_available = Announcement("funds_available")  # customer_id: the wallet got more
