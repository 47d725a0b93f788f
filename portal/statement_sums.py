"""The sums above the statement, minor units: what was earned, sent, withheld, and paid as fees in the days that are chosen."""

from collections import Counter
from dataclasses import dataclass

from django.db.models import Q, QuerySet, Sum

from billing.earned import earned_minor, taken_by_day
from billing.ledger.models import Entry
from billing.ledger.states import EARNS_NOTHING, TransactionKind
from operators.models import Operator
from portal.statement import SENT, entries_of, is_of_all, zone_of
from web.filters import LedgerFilters


@dataclass(frozen=True, slots=True)
class Sums:
    """`paid_out`: sent to the operator, less what came back; `withheld`: for the tax office; `payout_fees`: of payouts at once."""

    earned_minor: int
    paid_out_minor: int
    withheld_minor: int
    payout_fees_minor: int


def sums_of(operator: Operator, filters: LedgerFilters) -> Sums:
    """Of the selection: by sums that are kept where it is all of some days, else by its entries. Needs the operator's user loaded."""
    if not is_of_all(filters):
        return _counted(entries_of(operator, filters))
    zone = zone_of(operator)
    begin, end = filters.bounds(zone)
    taken: Counter[TransactionKind] = Counter()
    for (_on, kind), minor in taken_by_day(operator.pk, begin, end, zone).items():
        taken[kind] += minor
    return Sums(
        earned_minor=earned_minor(operator.pk, begin, end),
        paid_out_minor=sum(taken[kind] for kind in SENT),
        withheld_minor=taken[TransactionKind.WITHHOLDING],
        payout_fees_minor=taken[TransactionKind.PAYOUT_FEE],
    )


def _counted(entries: QuerySet[Entry]) -> Sums:
    def total(condition: Q) -> Sum:
        return Sum("amount_minor", filter=condition, default=0)

    sums = entries.order_by().aggregate(
        earned=total(~Q(transaction__kind__in=EARNS_NOTHING)),
        sent=total(Q(transaction__kind__in=SENT)),
        withheld=total(Q(transaction__kind=TransactionKind.WITHHOLDING)),
        fees=total(Q(transaction__kind=TransactionKind.PAYOUT_FEE)),
    )
    return Sums(sums["earned"], -sums["sent"], -sums["withheld"], -sums["fees"])
