"""Every line of the next payout: the rows of the statement that no payout has paid yet, and that are payable by then."""

from collections import defaultdict
from collections.abc import Hashable
from dataclasses import dataclass
from datetime import date

from django.db.models import Q
from django.utils import timezone

from billing.ledger.models import Entry, Transaction
from billing.ledger.states import EARNS_NOTHING, TransactionKind
from billing.payouts.entries import key_of, statuses_on
from billing.payouts.models import PayoutItem
from billing.payouts.postings import reference_of
from billing.payouts.states import DEBITED, EntryStatus
from billing.selectors import earnings_of
from operators.models import Operator
from portal.statement_days import place_of, zone_of
from portal.statement_rows import Row, rows_of

ROWS_AT_MOST = 150
_READ_AT_MOST = 1_000  # entries


@dataclass(frozen=True, slots=True)
class LinesOfDay:
    """What is paid of one day where the operator lives, minor units."""

    on: date
    amount_minor: int
    rows: list[Row]


@dataclass(frozen=True, slots=True)
class NextLines:
    """The newest day first. `earlier_minor`: what is payable beside them: carried over, released, or of more lines than fit."""

    days: list[LinesOfDay]
    earlier_minor: int


def next_lines(operator: Operator, payday: date) -> NextLines:
    """Lines and `earlier_minor` add up to what is payable on `payday` of what is posted by now."""
    statuses = statuses_on(operator.pk, payday)
    payable_minor = statuses.balance.payable_minor
    things: dict[tuple[date, Hashable], list[Entry]] = defaultdict(list)
    if payable_minor:
        for entry in _unpaid(operator):
            if statuses.status_of(entry) == EntryStatus.PAYABLE:
                things[place_of(entry, zone_of(operator))].append(entry)
    groups = [group for group in things.values() if sum(entry.amount_minor for entry in group)]
    rows = rows_of(operator, groups[:ROWS_AT_MOST])
    days: dict[date, list[Row]] = defaultdict(list)
    for row in rows:
        days[timezone.localtime(row.at).date()].append(row)
    return NextLines(
        [LinesOfDay(on, sum(row.amount_minor for row in some), some) for on, some in days.items()],
        payable_minor - sum(row.amount_minor for row in rows),
    )


def _unpaid(operator: Operator) -> list[Entry]:
    """Entries since the last payout, and before it those that were too new for it; the newest first."""
    entries = earnings_of(operator.pk).select_related(
        "transaction__customer", "transaction__brand", "transaction__reverses"
    )
    items = PayoutItem.objects.filter(operator=operator, state__in=DEBITED).select_related("run")
    last = items.order_by("-approved_at", "-pk").first()
    if last is None:
        return list(entries[:_READ_AT_MOST])
    key = f"{reference_of(last)}:{TransactionKind.PAYOUT}"
    paid_by = Transaction.objects.values_list("pk", flat=True).get(idempotency_key=key)
    is_newer = Q(transaction__created_at__gte=last.run.held_back_since) | Q(transaction__pk__gt=paid_by)
    read = list(entries.filter(is_newer).exclude(transaction__reference=reference_of(last))[:_READ_AT_MOST])
    before: dict[str, int] = defaultdict(int)
    for entry in read:
        if entry.transaction_id < paid_by and entry.transaction.kind not in EARNS_NOTHING:
            before[key_of(entry.transaction)] += entry.amount_minor
    return [
        entry
        for entry in read
        if entry.transaction_id > paid_by
        or (entry.transaction.kind not in EARNS_NOTHING and before[key_of(entry.transaction)] > 0)
    ]
