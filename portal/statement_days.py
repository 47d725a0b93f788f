"""A page of the statement: days, newest first, each with its sum and what happened on it.

One row is one call (its fee, talk, and free minutes are several entries), one refund or correction with all its parts, the texts of
one customer on one day, or one tip, payout, or other single entry. Each entry is in exactly one row of exactly one page.
"""

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from django.db.models import Count, Q, QuerySet, Sum
from django.db.models.functions import TruncDate

from billing.earned import earned_by_day, taken_by_day
from billing.ledger.models import Entry
from billing.ledger.states import EARNS_NOTHING
from billing.selectors import earnings_of
from core.paging import page_before
from operators.models import Operator
from portal.statement import SENT, StatementKind, entries_of, is_of_all, kind_of, zone_of
from portal.statement_rows import Row, rows_of
from web.filters import LedgerFilters, start_of_day

READ_AT_MOST = 100  # entries of one page
_DAY = timedelta(days=1)
_BESIDE = (
    20  # entries that are looked at beside a page: postings at midnight may have their ids in another order
)


@dataclass(frozen=True, slots=True)
class DaySums:
    """Of a whole day, minor units. `count`: of its entries; None: not counted, then `is_elsewhere` says whether another page has some."""

    earned_minor: int
    paid_out_minor: int
    count: int | None
    is_elsewhere: bool = False


_NOTHING = DaySums(0, 0, 0)


@dataclass(frozen=True, slots=True)
class Day:
    """One day where the operator lives, cents. The sums are of the whole day within the selection, also of what is on another page.

    `is_whole`: whether all of it is on this page.
    """

    on: date
    earned_minor: int
    paid_out_minor: int
    rows: list[Row]
    is_whole: bool

    @property
    def came_back_minor(self) -> int:
        """By how much more came back of payouts than was sent."""
        return max(0, -self.paid_out_minor)


@dataclass(frozen=True, slots=True)
class DaysPage:
    """Some days; `older_before`: the entry below which the next page begins (None: there is none)."""

    days: list[Day]
    older_before: int | None


def page_of_days(operator: Operator, filters: LedgerFilters, before: str | None) -> DaysPage:
    """The next page below the entry `before`: at most eleven queries, whatever there is. Raises Invalid for a cursor that is none.

    No call is torn apart, and no day, unless it alone has more than half of what a page reads.
    """
    return page_of(operator, entries_of(operator, filters), before, is_of_all=is_of_all(filters))


def page_of(
    operator: Operator, selected: QuerySet[Entry], before: str | None, *, is_of_all: bool = False
) -> DaysPage:
    """The same of these entries, which are some of the operator's; `is_of_all`: all of some days."""
    read = page_before(selected, before=before, limit=READ_AT_MOST + 1).items
    kept = read[: _cut([place_of(entry, zone_of(operator)) for entry in read], READ_AT_MOST)]
    is_last = len(kept) == len(read)
    sums = _kept_sums(operator, kept) if is_of_all else _counted_sums(operator, selected, kept)
    return DaysPage(_days(operator, kept, sums), None if is_last else kept[-1].pk)


def all_days(operator: Operator, filters: LedgerFilters, at_most: int) -> list[Day] | None:
    """The whole selection, for the print; None if it has more than `at_most` entries."""
    selected = entries_of(operator, filters)
    entries = list(selected.order_by("-pk")[: at_most + 1])
    if len(entries) > at_most:
        return None
    is_kept = is_of_all(filters)
    sums = _kept_sums(operator, entries) if is_kept else _counted_sums(operator, selected, entries)
    return _days(operator, entries, sums)


def _days(operator: Operator, entries: Sequence[Entry], sums: Mapping[date, DaySums]) -> list[Day]:
    zone = zone_of(operator)
    things: dict[date, dict[Hashable, list[Entry]]] = {}
    for entry in entries:
        on, thing = place_of(entry, zone)
        things.setdefault(on, {}).setdefault(thing, []).append(entry)
    rows = iter(rows_of(operator, [group for of_day in things.values() for group in of_day.values()]))
    days = []
    for on, of_day in things.items():
        of_all = sums.get(on, _NOTHING)
        shown = sum(len(group) for group in of_day.values())
        days.append(
            Day(
                on=on,
                earned_minor=of_all.earned_minor,
                paid_out_minor=of_all.paid_out_minor,
                rows=[next(rows) for _ in of_day],
                is_whole=shown == of_all.count or (of_all.count is None and not of_all.is_elsewhere),
            )
        )
    return days


def place_of(entry: Entry, zone: ZoneInfo) -> tuple[date, Hashable]:
    """The day of an entry, and what is the same there for all entries of one thing.

    Those of one call follow each other: they were posted under the payable's lock. Where midnight comes in the moment between its fee
    and its talk, it is on both days, so that rows and sums of days agree.
    """
    transaction, kind = entry.transaction, kind_of(entry.transaction)
    on = transaction.created_at.astimezone(zone).date()
    if kind == StatementKind.TEXTS:
        return on, (kind, transaction.customer_id, transaction.brand_id)
    is_of_call = transaction.reference and transaction.customer_id is not None
    if is_of_call and kind in (StatementKind.CALLS, StatementKind.CORRECTIONS):
        return on, (kind, transaction.reference)
    if kind == StatementKind.REFUNDS:  # one key for talk and fee, each with its sale's id behind it
        return on, (kind, transaction.reference, transaction.idempotency_key.rpartition(":")[0])
    return on, (kind, transaction.pk)


def _cut(places: Sequence[tuple[date, Hashable]], most: int) -> int:
    """How many of them a page of `most` takes: up to the end of a day in its second half, else of a thing."""
    if len(places) <= most:
        return len(places)
    for count in range(most, most // 2, -1):
        if places[count - 1][0] != places[count][0]:
            return count
    return next((count for count in range(most, 0, -1) if places[count - 1] != places[count]), most)


def _kept_sums(operator: Operator, entries: Sequence[Entry]) -> dict[date, DaySums]:
    """Of each day that these touch, which are all of some days, or a part of them that is one piece: from sums that are kept."""
    if not entries:
        return {}
    zone = zone_of(operator)
    touched = {entry.transaction.created_at.astimezone(zone).date() for entry in entries}
    begin, end = start_of_day(min(touched), zone), start_of_day(max(touched) + _DAY, zone)
    earned = earned_by_day(operator.pk, begin, end, zone)
    taken = taken_by_day(operator.pk, begin, end, zone)
    own = earnings_of(operator.pk)
    beside = [
        *own.filter(pk__gt=entries[0].pk).order_by("pk")[:_BESIDE],
        *own.filter(pk__lt=entries[-1].pk).order_by("-pk")[:_BESIDE],
    ]
    elsewhere = {entry.transaction.created_at.astimezone(zone).date() for entry in beside}
    return {
        on: DaySums(earned.get(on, 0), sum(taken.get((on, kind), 0) for kind in SENT), None, on in elsewhere)
        for on in touched
    }


def _counted_sums(
    operator: Operator, selected: QuerySet[Entry], entries: Sequence[Entry]
) -> dict[date, DaySums]:
    """Of each day that these entries touch, all of it: what is on other pages of its first and last day is read along."""
    if not entries:
        return {}
    zone = zone_of(operator)
    times = [entry.transaction.created_at.astimezone(zone).date() for entry in entries]
    begin, end = start_of_day(min(times), zone), start_of_day(max(times) + _DAY, zone)
    rows = _around(operator, selected, entries, begin, end)
    rows = rows.filter(transaction__created_at__gte=begin, transaction__created_at__lt=end)
    by_day = rows.order_by().annotate(on=TruncDate("transaction__created_at", tzinfo=zone)).values("on")
    sums = by_day.annotate(
        earned=Sum("amount_minor", filter=~Q(transaction__kind__in=EARNS_NOTHING), default=0),
        paid_out=Sum("amount_minor", filter=Q(transaction__kind__in=SENT), default=0),
        count=Count("pk"),
    )
    return {row["on"]: DaySums(row["earned"], -row["paid_out"], row["count"]) for row in sums}


def _around(
    operator: Operator, selected: QuerySet[Entry], entries: Sequence[Entry], begin: datetime, end: datetime
) -> QuerySet[Entry]:
    """All of the operator's entries from `begin` to `end`, and none far beyond: their index is read no further than that."""
    own = earnings_of(operator.pk).select_related(None)
    older = own.filter(pk__lt=entries[-1].pk, transaction__created_at__lt=begin).order_by("-pk")
    newer = own.filter(pk__gt=entries[0].pk, transaction__created_at__gte=end).order_by("pk")
    first, last = (rows.values_list("pk", flat=True).first() for rows in (older, newer))
    if first is not None:
        own = own.filter(pk__gt=first)
    if last is not None:
        own = own.filter(pk__lt=last)
    # Read first, or a plan may go through what all operators earned on these days.
    return selected.filter(pk__in=list(own.order_by().values_list("pk", flat=True)))
