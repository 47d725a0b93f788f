"""Checks of held earnings: each is of a call or text in the books, of these two people, and of no more than was earned."""

from billing.auditing.findings import Check, by_query

_IN_THE_BOOKS = """
SELECT e.id, format('of operator %%s and customer %%s: at most %%s', h.operator_id, h.customer_id, coalesce(earned.minor, 0)),
       format('%%s of operator %%s: %%s', e.reference, e.operator_id, e.amount_minor)
  FROM billing_heldearning e
  JOIN billing_earningshold h ON h.id = e.hold_id
 CROSS JOIN LATERAL (
    SELECT sum(t.operator_minor) AS minor
      FROM ledger_transaction t
     WHERE t.reference = e.reference AND t.operator_id = e.operator_id AND t.customer_id = h.customer_id
       AND (t.kind = ANY(%(sales)s) OR t.kind IN ('promo', 'adjustment') AND t.operator_minor > 0)
 ) AS earned
 WHERE (%(all)s OR e.held_at >= %(since)s)
   AND ((e.operator_id, e.kind) <> (h.operator_id, h.kind) OR coalesce(earned.minor, 0) < e.amount_minor)
"""

# No hold is empty.
_OF_SOMETHING = """
SELECT h.id, 'calls or texts', 'none'
  FROM billing_earningshold h
 WHERE (%(all)s OR h.opened_at >= %(since)s)
   AND NOT EXISTS (SELECT FROM billing_heldearning e WHERE e.hold_id = h.id)
"""

CHECKS: list[Check] = [
    by_query("held_earning_is_in_the_books", "billing.heldearning", _IN_THE_BOOKS),
    by_query("hold_is_of_something", "billing.earningshold", _OF_SOMETHING),
]
