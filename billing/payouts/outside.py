"""Reads of payouts that staff made outside of a run: each with its day, and whether it came back.

One that came back is reversed by a transaction of kind `payout_back`, at most once.
"""

from datetime import date

from django.db.models import Exists, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce, TruncDate

from billing.ledger.models import Transaction
from billing.ledger.states import TransactionKind
from billing.payouts.models import OutsidePayout
from core.days import BOOKS_ZONE

_OUTSIDE = Transaction.objects.filter(kind=TransactionKind.PAYOUT, reference="")
_RETURNS = Transaction.objects.filter(kind=TransactionKind.PAYOUT_BACK)
# The day that staff named, or, where none was kept, the one on which it was recorded.
_DAY = Coalesce("outside_payout__paid_on", TruncDate("created_at", tzinfo=BOOKS_ZONE))


def made_outside() -> QuerySet[Transaction]:
    """All of them, each with its day in `on`."""
    return _OUTSIDE.annotate(on=_DAY)


def outside_payouts(year: int | None = None) -> QuerySet[Transaction]:
    """Those that stayed paid, of the year, or all of them, each with its day in `on`."""
    rows = _OUTSIDE.annotate(on=_DAY).filter(~Exists(_RETURNS.filter(reverses=OuterRef("pk"))))
    return rows if year is None else rows.filter(on__gte=date(year, 1, 1), on__lte=date(year, 12, 31))


def return_of(payout: Transaction) -> Transaction | None:
    """What reversed it; None where it didn't come back."""
    return _RETURNS.filter(reverses=payout).select_related("actor", "operator").first()


def outside_payouts_of(operator_id: int) -> QuerySet[OutsidePayout]:
    """All of one operator, newest first, transactions loaded, with `returned_at` and `return_reason` of those that came back."""
    back = _RETURNS.filter(reverses=OuterRef("transaction"))
    rows = OutsidePayout.objects.filter(transaction__operator=operator_id).select_related("transaction")
    return rows.annotate(
        returned_at=Subquery(back.values("created_at")[:1]), return_reason=Subquery(back.values("reason")[:1])
    ).order_by("-transaction_id")
