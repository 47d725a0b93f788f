"""Take money back out of a customer's wallet: a correction by staff."""

from django.contrib.auth.models import AbstractBaseUser

from billing import conf, postings
from billing.ledger import accounts
from billing.ledger.posting import Posted, post
from billing.ledger.states import AccountKind, TransactionKind
from billing.services.credit_wallet import check_request
from core import audit
from core.db import transactional
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
    check_request(amount_minor, reason)
    wallet = accounts.wallet(customer_id=customer.pk, currency=conf.currency())
    [posted] = post(
        postings.credit(
            key=idempotency_key,
            kind=TransactionKind.ADJUSTMENT,
            source=AccountKind.ADJUSTMENT,
            wallet_id=wallet.pk,
            customer_id=customer.pk,
            currency=wallet.currency,
            amount_minor=-amount_minor,
            actor_id=actor.pk if actor else None,
            reason=reason.strip(),
            description="Correction",
        )
    )
    if posted.is_new:
        audit.record(
            actor=actor,
            action="wallet.debit",
            subject=customer,
            reason=reason.strip(),
            transaction=posted.transaction_id,
            amount_minor=amount_minor,
        )
    return posted
