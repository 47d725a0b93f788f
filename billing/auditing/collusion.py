"""Checks of earnings taken back after disputes: the books hold of each finding what it says, and nothing without one."""

from billing.auditing.findings import Check, by_query

_BOOKED = """
SELECT f.id, CASE WHEN f.state = 'reversed' THEN 0 ELSE -f.amount_minor END, booked.minor
  FROM billing_collusionfinding f
 CROSS JOIN LATERAL (
    SELECT coalesce(sum(e.amount_minor), 0) AS minor
      FROM ledger_transaction t
      JOIN ledger_entry e ON e.transaction_id = t.id
      JOIN ledger_account a ON a.id = e.account_id AND a.kind = 'payable' AND a.operator_id = f.operator_id
     WHERE t.reference = 'collusion:' || f.payment_id || ':' || f.operator_id
 ) AS booked
 WHERE booked.minor <> CASE WHEN f.state = 'reversed' THEN 0 ELSE -f.amount_minor END
"""

_OF_A_FINDING = """
SELECT t.id, 'a finding that two people recorded', t.reference
  FROM ledger_transaction t
 WHERE t.id >= %(first)s AND t.kind = 'adjustment' AND t.operator_id IS NOT NULL
   AND EXISTS (SELECT FROM ledger_entry e JOIN ledger_account a ON a.id = e.account_id
                WHERE e.transaction_id = t.id AND a.kind = 'disputes')
   AND NOT EXISTS (SELECT FROM billing_collusionfinding f
                    WHERE t.reference = 'collusion:' || f.payment_id || ':' || f.operator_id)
"""

CHECKS: list[Check] = [
    by_query("collusion_is_in_the_books", "billing.collusionfinding", _BOOKED),
    by_query("earnings_are_taken_back_by_a_finding", "ledger.transaction", _OF_A_FINDING),
]
