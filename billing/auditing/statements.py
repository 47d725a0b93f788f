"""Checks of fees and deposits: each is that of a line that agreed or was decided, and each such line is in the books."""

from billing.auditing.findings import Check, by_query

_LINES = """
SELECT l.id, format('%%s on fees, %%s at the bank', -l.fee_minor, -coalesce(l.banked_minor, 0)),
       format('%%s on fees, %%s at the bank', booked.fees, booked.bank)
  FROM billing_statementline l
 CROSS JOIN LATERAL (
    SELECT coalesce(sum(e.amount_minor) FILTER (WHERE a.kind = 'fees'), 0) AS fees,
           coalesce(sum(e.amount_minor) FILTER (WHERE a.kind = 'bank'), 0) AS bank
      FROM ledger_transaction t
      JOIN ledger_entry e ON e.transaction_id = t.id
      JOIN ledger_account a ON a.id = e.account_id
     WHERE t.reference = 'statement:' || l.statement_id || ':' || l.row AND t.kind IN ('fee', 'deposit')
 ) AS booked
 WHERE (%(all)s OR l.posted_at >= %(since)s)
   AND (booked.fees, booked.bank)
       <> (CASE WHEN l.posted_at IS NULL THEN 0 ELSE -l.fee_minor END,
           CASE WHEN l.posted_at IS NULL OR l.kind <> 'deposit' THEN 0 ELSE -l.banked_minor END)
"""

# A line in difference is booked only once staff accepted it, or when it agreed after all.
_UNDECIDED = """
SELECT d.id, 'nothing booked', l.posted_at
  FROM billing_difference d JOIN billing_statementline l ON l.id = d.line_id
 WHERE d.state IN ('open', 'dismissed') AND l.posted_at IS NOT NULL
"""

_OF_A_LINE = """
SELECT t.id, 'a line of a statement, or money received outside', t.reference
  FROM ledger_transaction t
 WHERE t.id >= %(first)s AND t.kind IN ('fee', 'deposit')
   AND NOT EXISTS (SELECT FROM billing_statementline l
                    WHERE t.reference = 'statement:' || l.statement_id || ':' || l.row)
   AND NOT EXISTS (SELECT FROM ledger_transaction r
                     JOIN ledger_entry e ON e.transaction_id = r.id
                     JOIN ledger_account a ON a.id = e.account_id AND a.kind = 'received'
                    WHERE t.reference = 'received:' || r.id AND r.kind = 'top_up'
                      AND t.kind = 'deposit' AND -e.amount_minor = t.amount_minor)
"""

CHECKS: list[Check] = [
    by_query("statement_line_is_in_the_books", "billing.statementline", _LINES),
    by_query("undecided_difference_is_not_booked", "billing.difference", _UNDECIDED),
    by_query("fee_or_deposit_is_of_a_line", "ledger.transaction", _OF_A_LINE),
]
