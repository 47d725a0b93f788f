"""For the bookkeeper: the trial balance at the end of a day in New York, and what moved on each account that day."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.db import connection

from billing.ledger.states import AccountKind
from core.days import BOOKS_ZONE
from core.money import as_decimal
from web.filters import start_of_day

_BALANCE = """
SELECT a.kind, part.name, a.currency,
       coalesce(sum(part.minor) FILTER (WHERE t.created_at < %(start)s), 0)::bigint AS before,
       coalesce(sum(part.minor) FILTER (WHERE t.created_at >= %(start)s AND part.minor > 0), 0)::bigint AS plus,
       coalesce(sum(part.minor) FILTER (WHERE t.created_at >= %(start)s AND part.minor < 0), 0)::bigint AS minus
  FROM ledger_entry e
  JOIN ledger_transaction t ON t.id = e.transaction_id
  JOIN ledger_account a ON a.id = e.account_id
 -- What we owe customers is of two kinds: money they paid, and money that is not paid out.
 CROSS JOIN LATERAL (
    VALUES (CASE WHEN a.kind = 'wallet' THEN 'paid' ELSE a.name END, e.amount_minor - e.promo_minor),
           ('promotional', e.promo_minor)
 ) AS part(name, minor)
 WHERE t.created_at < %(end)s AND (part.minor <> 0)
 GROUP BY a.kind, part.name, a.currency
 ORDER BY a.kind, part.name, a.currency
"""
_JOURNAL = """
SELECT t.id, t.created_at, t.kind, t.reference, t.description, a.kind, a.name, a.customer_id, a.operator_id,
       e.amount_minor, t.currency
  FROM ledger_transaction t
  JOIN ledger_entry e ON e.transaction_id = t.id
  JOIN ledger_account a ON a.id = e.account_id
 WHERE t.created_at >= %(start)s AND t.created_at < %(end)s
 ORDER BY t.id, e.id
"""
JOURNAL_HEADER = [
    "transaction", "time", "kind", "reference", "description", "account", "account_name", "customer", "operator",
    "amount", "currency",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class BalanceRow:
    """One kind of account over one day, cents; wallets and payables are summed over their owners."""

    kind: str
    name: str
    currency: str
    opening_minor: int
    plus_minor: int
    minus_minor: int

    @property
    def closing_minor(self) -> int:
        return self.opening_minor + self.plus_minor + self.minus_minor


def balances(day: date) -> list[BalanceRow]:
    """Every kind of account at the end of `day`. All closing balances of a currency sum to zero."""
    with connection.cursor() as cursor:
        cursor.execute(_BALANCE, _day_bounds(day))
        return [BalanceRow(AccountKind(kind).label, *rest) for kind, *rest in cursor.fetchall()]


def journal(day: date) -> Iterator[list[Any]]:
    """Every entry of `day`, oldest first, as rows under JOURNAL_HEADER."""
    with connection.cursor() as cursor:
        cursor.execute(_JOURNAL, _day_bounds(day))
        while chunk := cursor.fetchmany(1000):
            for number, at, *middle, amount_minor, currency in chunk:
                time = at.astimezone(BOOKS_ZONE).isoformat(sep=" ", timespec="seconds")
                yield [number, time, *middle, as_decimal(amount_minor), currency]


def is_closed(day: date, today: date) -> bool:
    """Whether nothing can be added to `day` any more."""
    return day < today


def _day_bounds(day: date) -> dict[str, Any]:
    return {"start": start_of_day(day, BOOKS_ZONE), "end": start_of_day(day + timedelta(days=1), BOOKS_ZONE)}
