"""The cards that the sandbox takes: what becomes of a payment, and when it is reported. Nobody types a number."""

from dataclasses import dataclass
from datetime import timedelta

from django.db.models import TextChoices

SLOW_FOR = timedelta(seconds=20)
LATE_FOR = timedelta(days=3)


class SandboxCard(TextChoices):
    """What the card does, as the page says it."""

    SUCCESS = "success", "Success"
    DECLINED = "declined", "Declined"
    SLOW = "slow", "Slow: pending for 20 seconds, then paid"
    DUPLICATE = "duplicate", "Duplicate notices: paid, reported three times"
    LATE = "late", "Late: paid, reported after three days"
    SILENT = "silent", "Silent: paid, never reported"
    WRONG_AMOUNT = "wrong_amount", "Wrong amount: $1.00 too much"
    WRONG_CURRENCY = "wrong_currency", "Wrong currency: paid in euros"
    WRONG_ACCOUNT = "wrong_account", "Wrong account: paid to another merchant account"
    UNKNOWN = "unknown", "Unknown: paid; charged again without an answer"
    DECLINED_AGAIN = "declined_again", "Declined later: paid; declined when charged again"


class CardKind(TextChoices):
    """How the card is paid for."""

    CREDIT = "credit", "Credit"
    DEBIT = "debit", "Debit"
    PREPAID = "prepaid", "Prepaid"


LABELS = {
    CardKind.CREDIT: "Visa •••• 4242",
    CardKind.DEBIT: "Mastercard •••• 5556",
    CardKind.PREPAID: "Visa •••• 9010",
}


@dataclass(frozen=True, slots=True)
class Reports:
    """When and how many times the webhook is told of an event. `copies` 0: never."""

    copies: int = 1
    after: timedelta = timedelta(0)


REPORTS = {
    SandboxCard.DUPLICATE: Reports(copies=3),
    SandboxCard.LATE: Reports(after=LATE_FOR),
    SandboxCard.SILENT: Reports(copies=0),
}
