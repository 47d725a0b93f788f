"""Put money that no payment brought into a customer's wallet: a correction by staff, or a promotion."""

from django.contrib.auth.models import AbstractBaseUser

from billing import conf, postings
from billing.announcements import funds_available
from billing.ledger import accounts
from billing.ledger.models import Account, Transaction
from billing.ledger.posting import Posted, post
from billing.ledger.states import AccountKind, TransactionKind
from billing.states import CreditSource
from core import audit, money
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
    house allows), Conflict (the key was used for something else).
    """
    check_request(amount_minor, reason)
    wallet = accounts.wallet(customer_id=customer.pk, currency=conf.currency())
    if not Transaction.objects.filter(idempotency_key=idempotency_key).exists():
        _check_room(wallet, amount_minor)
    kind, account, description = _BOOKED[source]
    [posted] = post(
        postings.credit(
            key=idempotency_key,
            kind=kind,
            source=account,
            wallet_id=wallet.pk,
            customer_id=customer.pk,
            currency=wallet.currency,
            amount_minor=amount_minor,
            actor_id=actor.pk if actor else None,
            reason=reason.strip(),
            description=description,
        )
    )
    if posted.is_new:
        audit.record(
            actor=actor,
            action="wallet.credit",
            subject=customer,
            reason=reason.strip(),
            transaction=posted.transaction_id,
            amount_minor=amount_minor,
            source=str(source),
        )
        funds_available.after_commit(customer_id=customer.pk)
    return posted


def check_request(amount_minor: int, reason: str) -> None:
    """What a credit and a debit by staff have in common. Raises Invalid."""
    if not 1 <= amount_minor <= money.MAX_MINOR:
        raise Invalid("The amount must be more than zero.")
    if not reason.strip():
        raise Invalid("A reason is needed: it is kept with the transaction.")
    if len(reason.strip()) > 300:
        raise Invalid("The reason is too long: at most 300 characters.")


def _check_room(wallet: Account, amount_minor: int) -> None:
    limit = conf.max_balance_minor()
    if wallet.balance_minor + amount_minor > limit:
        raise LimitReached(
            f"A wallet holds at most {money.show(limit, wallet.currency)}.",
            code="balance_limit",
            balance_minor=wallet.balance_minor,
            limit_minor=limit,
        )
