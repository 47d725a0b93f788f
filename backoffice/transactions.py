"""Transactions as staff look them up: by filters, with sums, in chunks for the CSV."""

from dataclasses import dataclass
from typing import Any

from django.db.models import Count, Q, QuerySet, Sum

from billing.ledger.models import Transaction
from billing.ledger.states import TransactionKind
from core.days import BOOKS_ZONE
from web.filters import LedgerFilters

_CHUNK = 1000


@dataclass(frozen=True, slots=True)
class TransactionFilters(LedgerFilters):
    """Which transactions. Days are New York's; `search` is a call id, message id, or email address."""

    operator: str = ""
    search: str = ""

    PARAMETERS = {**LedgerFilters.PARAMETERS, "operator": "operator", "search": "q"}

    @property
    def is_narrow(self) -> bool:
        """Whether what matches doesn't grow with the whole ledger, so that it may be added up on every view."""
        return bool(self.since or self.operator or self.search)


def find(filters: TransactionFilters) -> QuerySet[Transaction]:
    """The transactions that match, newest first, people and brand loaded; for keyset pages."""
    rows = Transaction.objects.select_related("customer", "operator", "brand", "actor")
    begin, end = filters.bounds(BOOKS_ZONE)
    if begin:
        rows = rows.filter(created_at__gte=begin)
    if end:
        rows = rows.filter(created_at__lt=end)
    if filters.brand:
        rows = rows.filter(brand__slug=filters.brand)
    if filters.kind:
        rows = rows.filter(kind=filters.kind)
    if filters.operator:
        rows = rows.filter(
            Q(operator__slug=filters.operator) | Q(operator__stage_name__iexact=filters.operator)
        )
    if "@" in filters.search:
        rows = rows.filter(customer__user__email__iexact=filters.search)
    elif filters.search:
        rows = rows.filter(reference=filters.search)
    return rows.order_by("-id")


@dataclass(frozen=True, slots=True)
class KindSum:
    """What the selection comes to for one kind, cents."""

    kind: str
    count: int
    amount_minor: int
    operator_minor: int
    platform_minor: int


def sums_of(rows: QuerySet[Transaction]) -> list[KindSum]:
    """The sums of the whole selection, kind by kind: one query."""
    grouped = (
        rows.select_related(None)
        .order_by()
        .values("kind")
        .annotate(
            count=Count("pk"),
            amount=Sum("amount_minor"),
            operator_part=Sum("operator_minor"),
            platform_part=Sum("platform_minor"),
        )
        .order_by("kind")
    )
    return [
        KindSum(
            TransactionKind(row["kind"]).label,
            row["count"],
            row["amount"],
            row["operator_part"],
            row["platform_part"],
        )
        for row in grouped
    ]


def in_chunks(rows: QuerySet[Transaction]) -> Any:
    """All of them, newest first, a chunk at a time by key: for the CSV."""
    before: int | None = None
    while True:
        chunk = list((rows if before is None else rows.filter(pk__lt=before))[:_CHUNK])
        yield from chunk
        if len(chunk) < _CHUNK:
            return
        before = chunk[-1].pk
