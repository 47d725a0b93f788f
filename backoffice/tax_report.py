"""For tax returns: what was taxed in each jurisdiction over days in New York, and what went back of it, from the books alone."""

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

from django.db import connection

from billing.ledger.states import TransactionKind
from core.days import BOOKS_ZONE
from core.money import as_decimal
from web.filters import start_of_day

# A sale's parts and a correction's count as sold; a refund's, and those of one that was taken back to be given again, as
# refunded. A correction is of talk, whose length it corrects.
_REPORT = """
SELECT a.name,
       CASE WHEN t.kind = 'adjustment' AND t.reverses_id IS NULL THEN 'call'
            WHEN s.kind = 'adjustment' THEN 'call'
            ELSE coalesce(s.kind, t.kind) END AS sold,
       t.currency,
       coalesce(sum(parts.minor) FILTER (WHERE t.reverses_id IS NULL), 0)::bigint,
       coalesce(sum(e.amount_minor) FILTER (WHERE t.reverses_id IS NULL), 0)::bigint,
       coalesce(sum(CASE t.kind WHEN 'refund' THEN parts.minor ELSE -parts.minor END)
                FILTER (WHERE t.reverses_id IS NOT NULL), 0)::bigint,
       coalesce(-sum(e.amount_minor) FILTER (WHERE t.reverses_id IS NOT NULL), 0)::bigint
  FROM ledger_transaction t
 CROSS JOIN LATERAL (SELECT t.operator_minor + t.platform_minor AS minor) AS parts
  JOIN ledger_entry e ON e.transaction_id = t.id
  JOIN ledger_account a ON a.id = e.account_id AND a.kind = 'tax'
  LEFT JOIN ledger_transaction r ON r.id = t.reverses_id
  LEFT JOIN ledger_transaction s ON s.id = CASE WHEN t.kind = 'refund' THEN r.id ELSE r.reverses_id END
 WHERE t.created_at >= %(start)s AND t.created_at < %(end)s
 GROUP BY 1, 2, 3
 ORDER BY 1, 2, 3
"""
TAX_HEADER = [
    "jurisdiction", "sold", "currency", "taxable", "tax", "taxable_refunded", "tax_refunded", "tax_due",
]  # fmt: skip


def tax_report(first: date, last: date) -> Iterator[list[Any]]:
    """What was taxed from `first` to `last`, both included, as rows under TAX_HEADER. What no tax was charged on is not in it."""
    bounds = {
        "start": start_of_day(first, BOOKS_ZONE),
        "end": start_of_day(last + timedelta(days=1), BOOKS_ZONE),
    }
    with connection.cursor() as cursor:
        cursor.execute(_REPORT, bounds)
        rows = cursor.fetchall()
    for jurisdiction, kind, currency, taxable, tax, refunded, tax_refunded in rows:
        amounts = (taxable, tax, refunded, tax_refunded, tax - tax_refunded)
        yield [jurisdiction, TransactionKind(kind).label, currency, *map(as_decimal, amounts)]
