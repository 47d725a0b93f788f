"""Every line of the next payout: the rows of the statement that no payout has paid yet, and that are payable by then."""

from collections import defaultdict
from collections.abc import Hashable
from dataclasses import dataclass
from datetime import date, datetime

from django.db.models import Q, QuerySet
from django.utils import timezone

from billing.ledger.models import Entry, Transaction
from billing.ledger.states import EARNS_NOTHING, TransactionKind
from billing.payouts.entries import key_of, statuses_on
from billing.payouts.lines import end_of_entries_before, payable_since
from billing.payouts.models import PayoutItem
from billing.payouts.postings import reference_of
from billing.payouts.states import DEBITED, EntryStatus
from billing.selectors import earnings_of
from operators.models import Operator
from portal.statement import zone_of
from portal.statement_days import place_of
from portal.statement_rows import Row, rows_of

READ_AT_MOST = 200  # entries; `portal.payout_line_views` has all, on pages


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
    unpaid = _unpaid(operator, statuses.since) if payable_minor else []
    things: dict[tuple[date, Hashable], list[Entry]] = defaultdict(list)
    for entry, status in zip(unpaid, statuses.of(unpaid), strict=True):
        if status == EntryStatus.PAYABLE:
            things[place_of(entry, zone_of(operator))].append(entry)
    rows = rows_of(
        operator, [group for group in things.values() if sum(entry.amount_minor for entry in group)]
    )
    days: dict[date, list[Row]] = defaultdict(list)
    for row in rows:
        days[timezone.localtime(row.at).date()].append(row)
    return NextLines(
        [LinesOfDay(on, sum(row.amount_minor for row in some), some) for on, some in days.items()],
        payable_minor - sum(row.amount_minor for row in rows),
    )


def _unpaid(operator: Operator, since: datetime) -> list[Entry]:
    """The newest entries that no payout paid and that may be payable: from before `since`, and of what was taken since then."""
    entries = earnings_of(operator.pk).select_related(
        "transaction__customer", "transaction__brand", "transaction__reverses"
    )
    items = PayoutItem.objects.filter(operator=operator, state__in=DEBITED).select_related("run")
    last = items.order_by("-approved_at", "-pk").first()
    if last is None:
        return _read(entries, operator, since)
    key = f"{reference_of(last)}:{TransactionKind.PAYOUT}"
    paid_by = Transaction.objects.values_list("pk", flat=True).get(idempotency_key=key)
    is_newer = Q(transaction__created_at__gte=last.run.held_back_since) | Q(transaction__pk__gt=paid_by)
    read = _read(entries.filter(is_newer).exclude(transaction__reference=reference_of(last)), operator, since)
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


def _read(entries: QuerySet[Entry], operator: Operator, since: datetime) -> list[Entry]:
    """The newest first. Of those since then all but a few wait: the others are not read."""
    end = end_of_entries_before(since)
    older = entries.filter(transaction__created_at__lt=since)
    if end is not None:
        older = older.filter(pk__lt=end)
    newer = entries.filter(pk__in=payable_since(operator.pk, since))
    read = [*newer[:READ_AT_MOST], *older[:READ_AT_MOST]]
    return sorted(read, key=lambda entry: -entry.pk)[:READ_AT_MOST]
