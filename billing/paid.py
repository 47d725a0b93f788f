"""What customers paid in the end for calls and texts, as their wallets say it: refunds and corrections included."""

from dataclasses import dataclass

from django.db.models import BigIntegerField, OuterRef, Q, Subquery, Sum, Value
from django.db.models.expressions import CombinedExpression
from django.db.models.functions import Coalesce

from billing.ledger.models import Entry, Transaction
from billing.ledger.states import AccountKind, TransactionKind

_wallet_entries = Entry.objects.filter(account__kind=AccountKind.WALLET)
# A refund, or one that was taken back to be given again on a corrected bill.
_IS_GIVEN_BACK = Q(transaction__kind=TransactionKind.REFUND) | Q(
    transaction__kind=TransactionKind.ADJUSTMENT, transaction__reverses__kind=TransactionKind.REFUND
)


@dataclass(frozen=True, slots=True)
class Paid:
    """What of a bill the customer paid in the end, and what came back, in minor units; the former is net of the latter."""

    paid_minor: int
    given_back_minor: int


def paid_for(reference: str) -> Paid:
    """What the customer's wallet says about a call id or message id, refunds and corrections included."""
    entries = _wallet_entries.filter(transaction__reference=reference).exclude(transaction__reference="")
    sums = entries.aggregate(paid=-Sum("amount_minor"), given_back=Sum("amount_minor", filter=_IS_GIVEN_BACK))
    return Paid(sums["paid"] or 0, sums["given_back"] or 0)


def charged_minor(sale: Transaction) -> int:
    """What the customer's wallet paid for one sale when it was sold, tax included."""
    entries = sale.entries.filter(account__kind=AccountKind.WALLET)
    return -(entries.aggregate(total=Sum("amount_minor"))["total"] or 0)


def paid_of(column: str) -> Coalesce:
    """For a query of calls or texts: what the customer paid for the one whose id is in `column`, refunds taken off."""
    return _wallet_sum(column, -Sum("amount_minor"))


def given_back_of(column: str) -> Coalesce:
    """The same: what came back of it by refunds that still hold."""
    return _wallet_sum(column, Sum("amount_minor", filter=_IS_GIVEN_BACK))


def _wallet_sum(column: str, total: Sum | CombinedExpression) -> Coalesce:
    entries = _wallet_entries.filter(transaction__reference=OuterRef(column)).exclude(
        transaction__reference=""
    )
    sums = entries.order_by().values("transaction__reference").annotate(total=total).values("total")
    return Coalesce(Subquery(sums, output_field=BigIntegerField()), Value(0))
