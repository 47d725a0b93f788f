"""The sums above the statement, minor units: what was earned, sent, withheld, and paid as fees in the days that are chosen."""

from django.db.models import QuerySet, Sum

from billing.ledger.models import Entry
from billing.ledger.states import EARNS_NOTHING, TransactionKind
from portal.statement import SENT


def earned_minor(entries: QuerySet[Entry]) -> int:
    """What the selection earned: payouts and a balance brought over earn nothing."""
    earned = entries.exclude(transaction__kind__in=EARNS_NOTHING)
    return earned.order_by().aggregate(total=Sum("amount_minor"))["total"] or 0


def paid_out_minor(entries: QuerySet[Entry]) -> int:
    """What of the selection was sent to the operator, less what came back."""
    return _taken_minor(entries, *SENT)


def withheld_minor(entries: QuerySet[Entry]) -> int:
    """What of the selection was withheld for the tax office."""
    return _taken_minor(entries, TransactionKind.WITHHOLDING)


def payout_fees_minor(entries: QuerySet[Entry]) -> int:
    """What of the selection payouts at once cost."""
    return _taken_minor(entries, TransactionKind.PAYOUT_FEE)


def _taken_minor(entries: QuerySet[Entry], *kinds: TransactionKind) -> int:
    taken = entries.filter(transaction__kind__in=kinds)
    return -(taken.order_by().aggregate(total=Sum("amount_minor"))["total"] or 0)
