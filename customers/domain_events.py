"""News from customers. Listeners: billing refreshes the wallet on open pages, telephony the running call."""

from core.domain_events import DomainEvent

spending_limit_changed = DomainEvent("spending_limit_changed")  # customer_id: what they may spend changed
