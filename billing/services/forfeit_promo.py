"""Promotional money ends with the account: it was given to be spent here, and is never paid out."""

from billing import conf, postings
from billing.ledger import accounts
from billing.ledger.posting import Posted, post
from billing.ledger.states import AccountKind, Funds, TransactionKind
from billing.push import push_wallet
from core.db import transactional
from customers.domain_events import account_closed
from customers.models import Customer


@account_closed.listener
@transactional
def forfeit_promo(*, customer: Customer) -> Posted | None:
    """Take what is promotional off the wallet, but for what a running call holds; None if there is nothing.

    `customer`: as just closed. One that is opened and closed again forfeits again.
    """
    assert customer.closed_at is not None, "the account is closed"
    wallet = accounts.wallet(customer_id=customer.pk, currency=conf.currency())
    amount_minor = min(wallet.promo_minor, wallet.available_minor)
    if amount_minor <= 0:
        return None
    [posted] = post(
        postings.credit(
            key=f"promo-forfeited:{customer.pk}:{customer.closed_at.isoformat()}",
            kind=TransactionKind.PROMO,
            source=AccountKind.PROMO,
            wallet_id=wallet.pk,
            customer_id=customer.pk,
            currency=wallet.currency,
            amount_minor=-amount_minor,
            actor_id=None,
            reason="The account was closed.",
            description="Promotional credit ended",
            funds=Funds.PROMO,
        )
    )
    push_wallet(customer.pk)
    return posted
