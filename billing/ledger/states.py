"""Words of the ledger."""

from django.db.models import TextChoices


class AccountKind(TextChoices):
    """What an account stands for. The first two belong to somebody, the others to the platform."""

    WALLET = "wallet", "customer's wallet"
    PAYABLE = "payable", "owed to an operator"
    REVENUE = "revenue", "platform's revenue"
    PROMO = "promo", "given away for promotion"
    ADJUSTMENT = "adjustment", "corrections by staff"
    PROCESSOR = "processor", "card processor"
    PAYOUT = "payout", "paid to operators"
    TAX = "tax", "tax owed"
    RECEIVED = "received", "received outside: transfers, cash"
    IN_TRANSIT = "in_transit", "refunds on their way to cards"
    DISPUTE_LOSSES = "disputes", "lost in disputes"
    FEES = "fees", "fees of card processors"
    UNCOLLECTED = "uncollected", "charged and not collected"
    BANK = "bank", "bank"
    OPENING = "opening", "brought over from the previous system"
    PAYOUTS_IN_TRANSIT = "out_transit", "payouts in transit"
    WITHHELD = "withheld", "backup withholding owed"
    WRITE_OFFS = "write_offs", "debts of operators written off"


OWNED_KINDS = (AccountKind.WALLET, AccountKind.PAYABLE)


class Funds(TextChoices):
    """Which of a wallet's two kinds of money moves. By default promotional money is spent first, and money in is paid."""

    PAID = "paid", "paid money; promotional money only where a chargeback leaves less than that"
    PROMO = "promo", "promotional money; out, what is missing is paid money"
    RESTORE = "restore", "the kinds that were spent; out again, those that came back"


class TransactionKind(TextChoices):
    """Why money moved (docs/design.md section 3)."""

    CALL = "call", "call"
    CONNECT_FEE = "connect_fee", "connection fee"
    MESSAGE = "message", "message"
    TIP = "tip", "tip"
    TOP_UP = "top_up", "top-up"
    REFUND = "refund", "refund"
    CHARGEBACK = "chargeback", "chargeback"
    ADJUSTMENT = "adjustment", "adjustment"
    PAYOUT = "payout", "payout"
    PROMO = "promo", "promotion"
    PAY_BACK = "pay_back", "paid back to a card"
    FEE = "fee", "fee of a card processor"
    DEPOSIT = "deposit", "arrived at the bank"
    OPENING = "opening", "brought over"
    UNCOLLECTED = "uncollected", "borne by the platform"
    PAYOUT_PAID = "payout_paid", "payout arrived"
    PAYOUT_BACK = "payout_back", "payout returned"
    PAYOUT_FEE = "payout_fee", "fee for a payout at once"
    WITHHOLDING = "withholding", "backup withholding"
    WRITE_OFF = "write_off", "debt written off"


ONCE_PER_PAYMENT = "top_up_once_per_reference"  # a unique index: two top-ups are never of one payment

# Kinds that move money of an operator and earn none.
EARNS_NOTHING = (
    TransactionKind.PAYOUT,
    TransactionKind.OPENING,
    TransactionKind.PAYOUT_BACK,
    TransactionKind.PAYOUT_FEE,
    TransactionKind.WITHHOLDING,
    TransactionKind.WRITE_OFF,
)

# Kinds in which a customer pays and an operator and the platform share: the components of a call's bill, and the others.
CALL_SALES = (TransactionKind.CALL, TransactionKind.CONNECT_FEE)
SALES = (*CALL_SALES, TransactionKind.MESSAGE, TransactionKind.TIP)
