"""News from billing. Listeners: telephony extends a running call, messaging shows what was given back."""

from core.domain_events import DomainEvent

funds_available = DomainEvent("funds_available")  # customer_id: the wallet got more
sale_refunded = DomainEvent(
    "sale_refunded"
)  # reference: of the call or message; some or all of it was given back
