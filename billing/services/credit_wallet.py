"""Put money into a customer's wallet by staff: what was received outside of the product, a correction, or a promotion."""

from typing import Any

from django.contrib.auth.models import AbstractBaseUser

from billing import conf, staff_entries, staff_limits
from billing.domain_events import funds_available, funds_credited
from billing.ledger.models import Account
from billing.ledger.posting import Posted
from billing.ledger.states import AccountKind, Funds, TransactionKind
from billing.staff_limits import Approval, Gift
from billing.states import CreditSource
from brands.models import Brand
from core import money
from core.db import transactional
from core.errors import Invalid, LimitReached
from customers.models import Customer
from customers.selectors import refuse_closed_account, refuse_excluded

MAX_REFERENCE = 80
_BOOKED = {
    CreditSource.RECEIVED: (TransactionKind.TOP_UP, AccountKind.RECEIVED, "Funds added", None),
    CreditSource.ADJUSTMENT: (TransactionKind.ADJUSTMENT, AccountKind.ADJUSTMENT, "Credit", None),
    CreditSource.PROMO: (TransactionKind.PROMO, AccountKind.PROMO, "Promotional credit", Funds.PROMO),
}


@transactional
def credit_wallet(
    *,
    customer: Customer,
    amount_minor: int,
    source: CreditSource,
    reason: str,
    actor: AbstractBaseUser | None,
    idempotency_key: str,
    approval: Approval | None = None,
    brand: Brand | None = None,
    payment_reference: str = "",
) -> Posted:
    """Credit `amount_minor` from the named source, write down who and why, and tell who waits for funds.

    `payment_reference` names the payment that was received, and no other source has one: each payment is booked once.

    What staff credit, the customer reads in a letter, signed by `brand` (None: the one where they signed up).
    Once for each `idempotency_key`. Raises Invalid, Conflict `account_closed`, NotAllowed `self_excluded` (unless it is a correction), LimitReached `balance_limit` (a wallet holds at most what the
    house allows), ApprovalNeeded, Conflict `booked_before`, Conflict (the key was used for something else).
    """
    payment_reference = _checked_reference(source, payment_reference)
    if amount_minor <= 0:
        raise Invalid("The amount must be more than zero.")

    def has_room(wallet: Account) -> dict[str, Any]:
        refuse_closed_account(customer)
        if source != CreditSource.ADJUSTMENT:
            refuse_excluded(customer, "This customer is self-excluded. Only corrections can be booked.")
        _require_room(wallet, amount_minor)
        return staff_limits.check(actor, Gift(amount_minor, customer=customer), approval)

    kind, account, description, funds = _BOOKED[source]
    posted = staff_entries.post_staff_entry(
        action="wallet.credit",
        customer=customer,
        amount_minor=amount_minor,
        kind=kind,
        source=account,
        description=description,
        reason=reason,
        actor=actor,
        idempotency_key=idempotency_key,
        check=has_room,
        funds=funds,
        reference=payment_reference,
    )
    if posted.is_new:
        if actor is not None:
            funds_credited.tell(
                customer=customer,
                brand=brand,
                amount_minor=amount_minor,
                transaction_id=posted.transaction_id,
            )
        funds_available.after_commit(customer_id=customer.pk)
    return posted


def _require_room(wallet: Account, amount_minor: int) -> None:
    limit = conf.max_balance_minor()
    if wallet.balance_minor + amount_minor > limit:
        raise LimitReached(
            f"A wallet holds at most {money.format_money(limit, wallet.currency)}.",
            code="balance_limit",
            balance_minor=wallet.balance_minor,
            limit_minor=limit,
        )


def _checked_reference(source: CreditSource, reference: str) -> str:
    """The reference with single blanks, empty for other sources. Raises Invalid."""
    reference = " ".join(reference.replace("\x00", "").split())
    if source != CreditSource.RECEIVED:
        return ""
    if not 1 <= len(reference) <= MAX_REFERENCE:
        raise Invalid(f"Give the payment's reference, up to {MAX_REFERENCE} characters.", code="no_reference")
    return reference
