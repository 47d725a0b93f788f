"""News from billing. Listeners: telephony extends a running call, messaging shows what was given back, notices write."""

from core.domain_events import AtomicEvent, DomainEvent

funds_available = DomainEvent("funds_available")  # customer_id: the wallet got more
sale_refunded = DomainEvent(
    "sale_refunded"
)  # reference: of the call or message; some or all of it was given back

payment_declined = DomainEvent("payment_declined")  # payment_id: nothing was charged, and nothing will be

# payment: the Payment, whose whole amount is on the wallet now; transaction_id
payment_captured = AtomicEvent("payment_captured")
# payment: the Payment; disputed_minor: what of it is in dispute now, 0 if that is over
payment_disputed = AtomicEvent("payment_disputed")
# pay_back: the PayBack, done or refused
pay_back_ended = AtomicEvent("pay_back_ended")
# request: the FundsRequest; text: what staff wrote, for the customer; key: of this answer
funds_answered = AtomicEvent("funds_answered")
# customer; brand: where they asked for it, or None; amount_minor; transaction_id. By staff.
funds_credited = AtomicEvent("funds_credited")
# request; text: the reason, for the customer
funds_declined = AtomicEvent("funds_declined")
# refund: billing.services.refund.Refund; sale: the first ledger Transaction refunded; actor: staff, None: a rule
refunded = AtomicEvent("refunded")
# authorization: of the call; returned_minor: by how much the customer paid too much, refunds netted
charge_lowered = AtomicEvent("charge_lowered")
# customer; amount_minor; how: what staff wrote, for the customer; transaction_id
balance_returned = AtomicEvent("balance_returned")
# request: the ApprovalRequest, just written
approval_requested = AtomicEvent("approval_requested")
# request: the ApprovalRequest, approved, declined, withdrawn, or expired
approval_decided = AtomicEvent("approval_decided")
# hold: the EarningsHold, just opened; amount_minor, count: of what is held so far
earnings_held = AtomicEvent("earnings_held")
# hold: the EarningsHold, released or withdrawn; amount_minor: what the operator has of it, or gave back
earnings_decided = AtomicEvent("earnings_decided")
# case: the Case, just opened by a person
case_opened = AtomicEvent("case_opened")
# case: the Case; text: the answer, which ends `case.state` open or appealed
case_answered = AtomicEvent("case_answered")
# account: the PayoutAccount, which takes effect later; operator
payout_account_changed = AtomicEvent("payout_account_changed")
# item: the PayoutItem, whose operator's account was just debited
payout_approved = AtomicEvent("payout_approved")
# item: the PayoutItem, as the bank says it was paid
payout_paid = AtomicEvent("payout_paid")
# item: the PayoutItem, credited to the operator again
payout_returned = AtomicEvent("payout_returned")
# payout: the Transaction of a payout made outside of a run, credited to the operator again; reason: why it came back
outside_payout_returned = AtomicEvent("outside_payout_returned")
