"""What the platform bears of a call that a wallet no longer covers, because the books were restored (docs/accounting.md). Pure."""

from billing.ledger.posting import Posting, Side
from billing.ledger.states import AccountKind, Funds, TransactionKind
from billing.models import Authorization


def for_uncollected(authorization: Authorization, amount_minor: int) -> Posting:
    """What a wallet lacks for a bill that is posted next: the platform bears it, the operator is paid in full.

    Promotional money, so that no refund of the call can turn it into money that a card gets back.
    """
    return Posting(
        kind=TransactionKind.UNCOLLECTED,
        key=f"{TransactionKind.UNCOLLECTED}:{authorization.reference}",
        amount_minor=amount_minor,
        currency=authorization.currency,
        customer_id=authorization.customer_id,
        operator_id=authorization.operator_id,
        brand_id=authorization.brand_id,
        reference=authorization.reference,
        description="Part of a call that we paid for",
        reason="The books were restored, and the wallet no longer covered the call.",
        sides=(
            Side(-amount_minor, kind=AccountKind.UNCOLLECTED),
            Side(amount_minor, account_id=authorization.wallet_id, funds=Funds.PROMO),
        ),
    )
