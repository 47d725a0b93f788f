"""For the accountant: every entry of a period as CSV, from which alone sale + tax = operator + platform + tax owed."""

from collections.abc import Iterator
from datetime import date
from typing import Any

from django.db import connection

from billing.trial_balance import bounds_of
from core.days import BOOKS_ZONE
from core.money import as_decimal

CHUNK = 1_000  # transactions read at a time: a year never lies in memory

_SPAN = (
    "SELECT min(id), max(id) FROM ledger_transaction WHERE created_at >= %(start)s AND created_at < %(end)s"
)
_LINES = """
WITH chunk AS (
    SELECT * FROM ledger_transaction
     WHERE id > %(last)s AND id <= %(highest)s AND created_at >= %(start)s AND created_at < %(end)s
     ORDER BY id LIMIT %(chunk)s
)
SELECT t.id, t.created_at, t.kind, t.reference, t.description, b.slug, t.reverses_id,
       t.amount_minor, t.operator_minor, t.platform_minor,
       a.kind, a.name, a.customer_id, a.operator_id, e.amount_minor, e.promo_minor, t.currency
  FROM chunk t
  JOIN ledger_entry e ON e.transaction_id = t.id
  JOIN ledger_account a ON a.id = e.account_id
  LEFT JOIN brands_brand b ON b.id = t.brand_id
 ORDER BY t.id, e.id
"""
JOURNAL_HEADER = [
    "transaction", "time", "kind", "reference", "description", "brand", "reverses", "transaction_amount",
    "operator_share", "platform_share", "account", "account_name", "customer", "operator", "amount",
    "of_it_promotional", "currency",
]  # fmt: skip


def journal(first: date, last: date) -> Iterator[list[Any]]:
    """Every entry booked from the first to the last day in New York, both included, oldest first, as rows under JOURNAL_HEADER."""
    bounds: dict[str, Any] = {"start": bounds_of(first)[0], "end": bounds_of(last)[1], "chunk": CHUNK}
    with connection.cursor() as cursor:
        cursor.execute(_SPAN, bounds)
        lowest, highest = cursor.fetchone()
    position = None if lowest is None else lowest - 1
    while position is not None:
        with connection.cursor() as cursor:
            cursor.execute(_LINES, {**bounds, "last": position, "highest": highest})
            rows = cursor.fetchall()
        yield from map(_line, rows)
        position = rows[-1][0] if rows else None


def _line(row: tuple[Any, ...]) -> list[Any]:
    number, at, kind, reference, description, brand, reverses, amount, operator, platform, *rest = row
    account, name, customer, payee, moved, promotional, currency = rest
    time = at.astimezone(BOOKS_ZONE).isoformat(sep=" ", timespec="seconds")
    return [
        number, time, kind, reference, description, brand or "", reverses, as_decimal(amount),
        as_decimal(operator), as_decimal(platform), account, name, customer, payee, as_decimal(moved),
        as_decimal(promotional), currency,
    ]  # fmt: skip
