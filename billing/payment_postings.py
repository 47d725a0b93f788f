"""What card payments post to the ledger. Pure: builds postings, posts nothing.

The processor's account is what it owes us. Each key names the payment's total after the event, so that an amount is booked once.
"""

from billing.ledger.posting import Posting, Side
from billing.ledger.states import AccountKind, Funds, TransactionKind
from billing.models import PayBack, Payment


def for_captured(payment: Payment, *, wallet_id: int) -> Posting:
    """What a card paid, onto the wallet."""
    return _with_card(
        payment, TransactionKind.TOP_UP, "captured", payment.amount_minor,
        Side(payment.amount_minor, account_id=wallet_id), "Funds added by card",
    )  # fmt: skip


def for_charged_back(payment: Payment, amount_minor: int, total_minor: int, *, wallet_id: int) -> Posting:
    """What the card company took back, off the wallet; `total_minor`: of this payment so far."""
    return _with_card(
        payment, TransactionKind.CHARGEBACK, f"charged-back:{total_minor}", -amount_minor,
        Side(-amount_minor, account_id=wallet_id, funds=Funds.PAID), "Card payment taken back by the card company",
    )  # fmt: skip


def for_won_back(payment: Payment, amount_minor: int, total_minor: int, *, wallet_id: int) -> Posting:
    """What the card company gave back of that, onto the wallet again, as the kinds of money that went."""
    return _with_card(
        payment, TransactionKind.CHARGEBACK, f"won-back:{total_minor}", amount_minor,
        Side(amount_minor, account_id=wallet_id, funds=Funds.RESTORE), "Card payment returned by the card company",
    )  # fmt: skip


def for_refunded_unasked(payment: Payment, amount_minor: int, total_minor: int, *, wallet_id: int) -> Posting:
    """What the processor gave back to the card without being asked by us, off the wallet."""
    return _with_card(
        payment, TransactionKind.CHARGEBACK, f"refunded:{total_minor}", -amount_minor,
        Side(-amount_minor, account_id=wallet_id, funds=Funds.PAID), "Card payment given back by the card company",
    )  # fmt: skip


def for_written_off(
    payment: Payment, amount_minor: int, *, wallet_id: int, actor_id: int, reason: str
) -> Posting:
    """What a lost dispute left below zero, borne by the platform."""
    return _loss(payment, amount_minor, "written-off", wallet_id, "Dispute settled", actor_id, reason)


def for_loss_recovered(payment: Payment, amount_minor: int, total_minor: int, *, wallet_id: int) -> Posting:
    """What was won back of a loss that the platform bore goes to the platform; `total_minor`: won back so far."""
    key = f"loss-recovered:{total_minor}"
    return _loss(payment, -amount_minor, key, wallet_id, "Settled dispute won after all", None, "")


def _loss(
    payment: Payment,
    amount_minor: int,
    event: str,
    wallet_id: int,
    description: str,
    actor_id: int | None,
    reason: str,
) -> Posting:
    return Posting(
        kind=TransactionKind.CHARGEBACK,
        key=f"payment:{payment.public_id}:{event}",
        amount_minor=abs(amount_minor),
        currency=payment.currency,
        customer_id=payment.customer_id,
        brand_id=payment.merchant_account.brand_id,
        reference=payment.reference,
        description=description,
        actor_id=actor_id,
        reason=reason,
        sides=(
            Side(amount_minor, account_id=wallet_id, funds=Funds.PAID),
            Side(-amount_minor, kind=AccountKind.DISPUTE_LOSSES),
        ),
    )


def for_arrived(payment: Payment, amount_minor: int, total_minor: int) -> Posting:
    """What was on its way back to the card has arrived there."""
    return _with_card(
        payment, TransactionKind.PAY_BACK, f"arrived:{total_minor}", -amount_minor,
        Side(-amount_minor, kind=AccountKind.IN_TRANSIT), "Paid back to the card",
    )  # fmt: skip


def _with_card(
    payment: Payment, kind: TransactionKind, event: str, amount_minor: int, side: Side, description: str
) -> Posting:
    """`amount_minor` is what comes from the card; negative: what goes back to it. `side` is where it goes or comes from."""
    processor = Side(-amount_minor, kind=AccountKind.PROCESSOR, name=payment.merchant_account.gateway)
    return Posting(
        kind=kind,
        key=f"payment:{payment.public_id}:{event}",
        amount_minor=abs(amount_minor),
        currency=payment.currency,
        customer_id=payment.customer_id,
        brand_id=payment.merchant_account.brand_id,
        reference=payment.reference,
        description=description,
        sides=(side, processor),
    )


def for_pay_back(pay_back: PayBack, *, wallet_id: int, is_refused: bool = False) -> Posting:
    """Unused money leaves the wallet for the card it came from; or returns, because the card company refused it."""
    payment, sign = pay_back.payment, 1 if is_refused else -1
    return Posting(
        kind=TransactionKind.PAY_BACK,
        key=f"pay-back:{pay_back.pk}" + (":refused" if is_refused else ""),
        amount_minor=pay_back.amount_minor,
        currency=payment.currency,
        customer_id=pay_back.customer_id,
        brand_id=payment.merchant_account.brand_id,
        reference=payment.reference,
        description="The card company refused it" if is_refused else "Paid back to your card",
        actor_id=pay_back.requested_by_id,
        reason=pay_back.reason,
        sides=(
            Side(sign * pay_back.amount_minor, account_id=wallet_id, funds=Funds.PAID),
            Side(-sign * pay_back.amount_minor, kind=AccountKind.IN_TRANSIT),
        ),
    )
