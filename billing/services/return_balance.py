"""Pay back what was left on the wallet of a closed account: the money went out elsewhere, the books follow."""

from typing import Any

from django.contrib.auth.models import AbstractBaseUser

from billing import staff_entries, staff_limits
from billing.domain_events import balance_returned
from billing.ledger.models import Account
from billing.ledger.posting import Posted
from billing.ledger.states import AccountKind, Funds, TransactionKind
from billing.staff_limits import Approval, Gift
from core.db import transactional
from core.errors import Conflict, InsufficientCredit, Invalid
from customers.models import Customer


@transactional
def return_balance(
    *,
    customer: Customer,
    amount_minor: int,
    reason: str,
    actor: AbstractBaseUser,
    idempotency_key: str,
    approval: Approval | None = None,
) -> Posted:
    """Take `amount_minor` (cents) off the wallet; `reason` says how it was paid back, and the customer reads it.

    Once for each `idempotency_key`. Raises Invalid, Conflict `account_open`, InsufficientCredit (never what is held for
    a running call, or what was a promotional credit), ApprovalNeeded, Conflict (the key was used for something else).
    """
    if amount_minor <= 0:
        raise Invalid("The amount must be more than zero.")

    def may_go(wallet: Account) -> dict[str, Any]:
        if not Customer.objects.filter(pk=customer.pk, closed_at__isnull=False).exists():
            raise Conflict("This account is still open.", code="account_open")
        if wallet.refundable_minor < amount_minor:
            raise InsufficientCredit(
                "The customer paid less than that.",
                balance_minor=wallet.refundable_minor,
                required_minor=amount_minor,
            )
        return staff_limits.check(actor, Gift(amount_minor, customer=customer, is_owed=True), approval)

    posted = staff_entries.post_staff_entry(
        action="wallet.return",
        customer=customer,
        amount_minor=-amount_minor,
        kind=TransactionKind.ADJUSTMENT,
        source=AccountKind.ADJUSTMENT,
        description="Balance paid back",
        reason=reason,
        actor=actor,
        idempotency_key=idempotency_key,
        check=may_go,
        funds=Funds.PAID,
    )
    if posted.is_new:
        balance_returned.tell(
            customer=customer, amount_minor=amount_minor, how=reason, transaction_id=posted.transaction_id
        )
    return posted
