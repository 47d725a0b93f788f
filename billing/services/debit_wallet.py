"""Take money back out of a customer's wallet: a correction by staff."""

from django.contrib.auth.models import AbstractBaseUser

from billing import staff_entries
from billing.ledger.models import Account
from billing.ledger.posting import Posted
from billing.ledger.states import AccountKind, TransactionKind
from core.db import transactional
from core.errors import InsufficientCredit, Invalid
from customers.models import Customer


@transactional
def debit_wallet(
    *,
    customer: Customer,
    amount_minor: int,
    reason: str,
    actor: AbstractBaseUser | None,
    idempotency_key: str,
) -> Posted:
    """Debit `amount_minor` and write down who and why; never what is held for a running call.

    Once for each `idempotency_key`. Raises Invalid, InsufficientCredit, Conflict (the key was used for something else).
    """
    if amount_minor <= 0:
        raise Invalid("The amount must be more than zero.")

    def is_there(wallet: Account) -> None:
        if wallet.available_minor < amount_minor:
            raise InsufficientCredit(
                "The balance doesn’t cover this.",
                balance_minor=wallet.available_minor,
                required_minor=amount_minor,
            )

    return staff_entries.post_staff_entry(
        action="wallet.debit",
        customer=customer,
        amount_minor=-amount_minor,
        kind=TransactionKind.ADJUSTMENT,
        source=AccountKind.ADJUSTMENT,
        description="Correction",
        reason=reason,
        actor=actor,
        idempotency_key=idempotency_key,
        check=is_there,
    )
