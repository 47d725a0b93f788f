"""News from customers. Listeners: billing refreshes the wallet on open pages, telephony the running call, notices write."""

from core.domain_events import AtomicEvent, DomainEvent

# customer_id: a daily limit, a break, or closing the account changed what they may spend.
spending_rules_changed = DomainEvent("spending_rules_changed")

# customer: excluded themselves; until: when that ends (customers.exclusion)
self_excluded = AtomicEvent("self_excluded")

# customer: closed the account
account_closed = AtomicEvent("account_closed")

# customer: whose phone was just verified; brand: where they did it, None: by staff
phone_verified = AtomicEvent("phone_verified")

# request: the AccessRequest, just approved; code: as the letter says it, kept nowhere
access_approved = AtomicEvent("access_approved")
# request: the AccessRequest, just declined, with the answer
access_declined = AtomicEvent("access_declined")

# customer: who has just signed up; earlier: the erased Customer who had the same address
customer_returned = AtomicEvent("customer_returned")
