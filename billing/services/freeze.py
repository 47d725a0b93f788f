"""Which wallets are frozen, and how far below zero they may be: what is in dispute, and what is missing otherwise."""

from billing.ledger import accounts
from billing.ledger.models import Account
from billing.models import Payment
from billing.states import PaymentState


def refreeze(wallet: Account) -> None:
    """Bring the freeze of a wallet, locked, up to its open disputes. Without any, and nothing missing, it ends."""
    open_disputes = Payment.objects.filter(
        customer=wallet.customer_id, state=PaymentState.DISPUTED, dispute_closed_at=None
    )
    disputed = sum(payment.totals.disputed_minor for payment in open_disputes)
    wallet = accounts.locked(wallet.pk)
    missing = max(0, wallet.held_minor - wallet.balance_minor)
    accounts.allow_overdraft(wallet, max(missing, disputed))
