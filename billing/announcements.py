"""News from billing. Listeners: telephony extends a running call, messaging shows what was given back."""

from core.announce import Announcement

funds_available = Announcement("funds_available")  # customer_id: the wallet got more
sale_refunded = Announcement(
    "sale_refunded"
)  # reference: of the call or message; some or all of it was given back
