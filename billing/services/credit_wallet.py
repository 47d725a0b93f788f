"""Put money that no payment brought into a customer's wallet: a correction by staff, or a promotion."""

from django.contrib.auth.models import AbstractBaseUser

from billing import conf, staff_entries, staff_limits
from billing.domain_events import funds_available
from billing.ledger.models import Account
from billing.ledger.posting import Posted
from billing.ledger.states import AccountKind, TransactionKind
from billing.states import CreditSource
from core import money
from core.db import transactional
from core.errors import Invalid, LimitReached
from customers.models import Customer

_BOOKED = {
    CreditSource.ADJUSTMENT: (TransactionKind.ADJUSTMENT, AccountKind.ADJUSTMENT, "Credit"),
    CreditSource.PROMO: (TransactionKind.PROMO, AccountKind.PROMO, "Promotional credit"),
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
) -> Posted:
    """Credit `amount_minor` from the named source, write down who and why, and tell who waits for funds.

    Once for each `idempotency_key`. Raises Invalid, LimitReached `balance_limit` (a wallet holds at most what the
    house allows) or `staff_limit`, Conflict (the key was used for something else).
    """
    if amount_minor <= 0:
        raise Invalid("The amount must be more than zero.")

    def has_room(wallet: Account) -> None:
        limit = conf.max_balance_minor()
        if wallet.balance_minor + amount_minor > limit:
            raise LimitReached(
                f"A wallet holds at most {money.format_money(limit, wallet.currency)}.",
                code="balance_limit",
                balance_minor=wallet.balance_minor,
                limit_minor=limit,
            )
        staff_limits.check_money(actor, amount_minor)

    kind, account, description = _BOOKED[source]
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
    )
    if posted.is_new:
        funds_available.after_commit(customer_id=customer.pk)
    return posted
