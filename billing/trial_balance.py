"""What moved on each kind of account within a time, from the entries alone; the rows of a trial balance."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from django.db import connection

from billing.ledger.states import AccountKind
from core.days import BOOKS_ZONE

# What we owe customers is of two kinds: money they paid, and money that is not paid out.
PARTS = """
 CROSS JOIN LATERAL (
    VALUES (CASE WHEN a.kind = 'wallet' THEN 'paid' ELSE a.name END, e.amount_minor - e.promo_minor),
           ('promotional', e.promo_minor)
 ) AS part(name, minor)
"""
_MOVED = f"""
SELECT a.kind, part.name, a.currency,
       coalesce(sum(part.minor) FILTER (WHERE t.created_at < %(start)s), 0)::bigint,
       coalesce(-sum(part.minor) FILTER (WHERE t.created_at >= %(start)s AND part.minor < 0), 0)::bigint,
       coalesce(sum(part.minor) FILTER (WHERE t.created_at >= %(start)s AND part.minor > 0), 0)::bigint
  FROM ledger_transaction t
  JOIN ledger_entry e ON e.transaction_id = t.id
  JOIN ledger_account a ON a.id = e.account_id
{PARTS}
 WHERE t.created_at >= %(since)s AND t.created_at < %(end)s AND part.minor <> 0
 GROUP BY a.kind, part.name, a.currency
 ORDER BY a.kind, part.name, a.currency
"""  # noqa: S608 (constants of ours)


@dataclass(frozen=True, slots=True)
class BalanceRow:
    """One kind of account over one day, cents; wallets and payables are summed over their owners.

    Credits are what the owner gained, debits what the owner lost, both without a sign.
    """

    kind: str
    name: str
    currency: str
    opening_minor: int
    debits_minor: int
    credits_minor: int

    @property
    def closing_minor(self) -> int:
        return self.opening_minor + self.credits_minor - self.debits_minor

    @property
    def label(self) -> str:
        return f"{AccountKind(self.kind).label} {self.name}".strip()


def bounds_of(day: date) -> tuple[datetime, datetime]:
    """From when (included) to when (excluded) a day of the books lasts."""
    return _midnight(day), _midnight(day + timedelta(days=1))


def rows_from_entries(day: date, *, since: datetime | None = None) -> list[BalanceRow]:
    """Every kind of account that moved by the end of `day`; with `since`, only what moved from then on counts."""
    start, end = bounds_of(day)
    parameters = {"start": start, "end": end, "since": since or datetime.min.replace(tzinfo=BOOKS_ZONE)}
    with connection.cursor() as cursor:
        cursor.execute(_MOVED, parameters)
        return [BalanceRow(*row) for row in cursor.fetchall()]


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time.min, BOOKS_ZONE)
