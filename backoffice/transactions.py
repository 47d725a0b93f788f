"""What staff look for in the books: transactions by filters, their sums, and everything about one call or message."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import Count, Q, QuerySet, Sum

from billing.ledger.models import Transaction
from billing.ledger.states import TransactionKind
from core.errors import Invalid

BOOKS_ZONE = ZoneInfo("America/New_York")  # the bookkeeper's days
_CHUNK = 1000


@dataclass(frozen=True, slots=True)
class Filters:
    """Which transactions. Days are New York's, both included; `search` is a call id, message id or e-mail address."""

    since: date | None = None
    until: date | None = None
    brand: str = ""
    kind: str = ""
    operator: str = ""
    search: str = ""

    @property
    def query(self) -> dict[str, str]:
        """As in the address, without what is empty."""
        told = {
            "from": self.since.isoformat() if self.since else "",
            "to": self.until.isoformat() if self.until else "",
            "brand": self.brand,
            "kind": self.kind,
            "operator": self.operator,
            "q": self.search,
        }
        return {name: value for name, value in told.items() if value}


def filters_of(query: Any) -> Filters:
    """The filters of an address. Raises Invalid."""
    kind = query.get("kind") or ""
    if kind and kind not in TransactionKind.values:
        raise Invalid("kind: not one of the list.")
    return Filters(
        since=day_of(query.get("from")),
        until=day_of(query.get("to")),
        brand=(query.get("brand") or "")[:50],
        kind=kind,
        operator=(query.get("operator") or "").strip()[:60],
        search=(query.get("q") or "").strip()[:254],
    )


def day_of(text: str | None) -> date | None:
    """A day as an address has it. Raises Invalid."""
    if not text:
        return None
    try:
        day = date.fromisoformat(text)
    except ValueError:
        raise Invalid("A day is written like 2026-03-08.") from None
    if not 2000 <= day.year <= 2100:
        raise Invalid("A day of this century, please.")
    return day


def start_of(day: date) -> datetime:
    """When the bookkeeper's day begins."""
    return datetime.combine(day, time.min, BOOKS_ZONE)


def find(filters: Filters) -> QuerySet[Transaction]:
    """The transactions that match, newest first, people and brand loaded; for keyset pages."""
    rows = Transaction.objects.select_related("customer", "operator", "brand", "actor")
    if filters.since:
        rows = rows.filter(created_at__gte=start_of(filters.since))
    if filters.until:
        rows = rows.filter(created_at__lt=start_of(filters.until + timedelta(days=1)))
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
