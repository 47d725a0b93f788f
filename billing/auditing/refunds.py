"""Checks of what was given back: never more than was paid, and what was given back in full is nobody's income."""

from billing.auditing.findings import Check, by_query

# Sums of each call or message with a refund. A reversing adjustment took a refund back to give it again on a corrected bill;
# or it took back pay for free minutes, which is no part of the bill.
_SUMS = """
WITH of_interest AS (
    SELECT DISTINCT reference FROM ledger_transaction WHERE id >= %(first)s AND kind = 'refund' AND reference <> ''
    UNION
    SELECT reference FROM ledger_transaction  -- of a bill: earnings taken back after a dispute are no customer's
     WHERE id >= %(first)s AND kind = 'adjustment' AND reference <> '' AND customer_id IS NOT NULL
), by_platform AS (
    SELECT jsonb_array_elements(details->'transactions')::bigint AS id
      FROM core_auditrecord
     WHERE action IN ('transaction.refund', 'transaction.refund_again') AND details->'claws_back' = 'false'
), bill AS (
    SELECT o.reference, moved.*
      FROM of_interest o
     CROSS JOIN LATERAL (
        SELECT min(t.id) AS id,
               coalesce(-sum(e.amount_minor) FILTER (WHERE a.kind = 'wallet' AND NOT back), 0) AS paid,
               coalesce(sum(e.amount_minor) FILTER (WHERE a.kind = 'wallet' AND back), 0) AS given_back,
               coalesce(sum(e.amount_minor) FILTER (WHERE a.kind = 'payable'), 0) AS operator,
               coalesce(sum(e.amount_minor) FILTER (WHERE a.kind IN ('revenue', 'adjustment', 'uncollected')), 0) AS platform,
               coalesce(sum(e.amount_minor) FILTER (WHERE a.kind = 'tax'), 0) AS tax,
               bool_or(t.kind = 'refund' AND t.id IN (SELECT id FROM by_platform)) AS by_platform
          FROM (
                SELECT *, kind = 'refund' OR kind = 'adjustment' AND reverses_id IS NOT NULL AS back
                  FROM ledger_transaction
                 WHERE reference = o.reference AND reference <> '' AND kind <> 'promo'
                   AND NOT EXISTS (SELECT FROM ledger_transaction AS pay
                                    WHERE pay.id = ledger_transaction.reverses_id AND pay.kind = 'promo')
               ) AS t
          JOIN ledger_entry e ON e.transaction_id = t.id
          JOIN ledger_account a ON a.id = e.account_id
       ) AS moved
)
"""

_WITHIN = f"""{_SUMS}
SELECT id, format('given back 0 to %%s, operator 0 or more', paid),
       format('given back %%s, operator %%s', given_back, operator)
  FROM bill
 WHERE given_back > paid OR given_back < 0 OR operator < 0
"""  # noqa: S608 (a constant of ours)

_IN_FULL = f"""{_SUMS}
SELECT id, 'operator 0, platform 0, tax 0', format('operator %%s, platform %%s, tax %%s', operator, platform, tax)
  FROM bill
 WHERE given_back > 0 AND given_back = paid AND (NOT by_platform AND (operator <> 0 OR platform <> 0) OR tax <> 0)
"""  # noqa: S608 (a constant of ours)

CHECKS: list[Check] = [
    by_query("given_back_at_most_what_was_paid", "ledger.transaction", _WITHIN),
    by_query("given_back_in_full_is_nobodys_income", "ledger.transaction", _IN_FULL),
]
