"""What a credit and a debit by staff have in common: once for each key, with a reason, on record."""

from collections.abc import Callable
from typing import Any

from django.contrib.auth.models import AbstractBaseUser

from billing import conf, postings
from billing.ledger import accounts
from billing.ledger.models import Account, Transaction
from billing.ledger.posting import Posted, post
from billing.ledger.states import AccountKind, Funds, TransactionKind
from billing.push import push_wallet
from billing.services.freeze import refreeze
from core import audit, money
from core.errors import Invalid
from core.parse import checked_reason
from customers.models import Customer
from customers.own_account import refuse_own_account


def post_staff_entry(
    *,
    action: str,
    customer: Customer,
    amount_minor: int,
    kind: TransactionKind,
    source: AccountKind,
    description: str,
    reason: str,
    actor: AbstractBaseUser | None,
    idempotency_key: str,
    check: Callable[[Account], dict[str, Any] | None],
    funds: Funds | None = None,
    reference: str = "",
) -> Posted:
    """Move `amount_minor` into the wallet from `source` (out of it when negative), and write down who and why.

    Runs in the caller's transaction. `check` may refuse, with the wallet locked; a repeat is not asked again. What it
    returns goes on record.
    Raises Invalid, NotAllowed `own_account`, Conflict (the key was used for something else), and what `check` raises.
    """
    if abs(amount_minor) > money.MAX_MINOR:
        raise Invalid("The amount is too large.")
    reason = checked_reason(reason, "it is kept with the transaction")
    refuse_own_account(actor, customer)
    wallet = accounts.wallet(customer_id=customer.pk, currency=conf.currency())
    details: dict[str, Any] = {}
    if not Transaction.objects.filter(idempotency_key=idempotency_key).exists():
        details = check(wallet) or {}
    [posted] = post(
        postings.credit(
            key=idempotency_key,
            kind=kind,
            source=source,
            wallet_id=wallet.pk,
            customer_id=customer.pk,
            currency=wallet.currency,
            amount_minor=amount_minor,
            actor_id=actor.pk if actor else None,
            reason=reason,
            description=description,
            funds=funds,
            reference=reference,
        )
    )
    if posted.is_new:
        if wallet.overdraft_minor:  # what was missing may be there now
            refreeze(wallet)
        audit.record(
            actor=actor,
            action=action,
            subject=customer,
            reason=reason,
            transaction=posted.transaction_id,
            amount_minor=amount_minor,
            source=str(source),
            **details,
        )
        push_wallet(customer.pk)
    return posted
