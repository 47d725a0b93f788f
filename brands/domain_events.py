"""News from brands. Listener: telephony, for running calls."""

from core.domain_events import DomainEvent

brand_switched = DomainEvent("brand_switched")  # brand_id: the brand was switched on or off
