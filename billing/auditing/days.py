"""The checks of roll-ups: operators' days, and accounts' quarter hours, say what the ledger moved in that time."""

from billing.auditing.findings import Check, by_query

# As `ledger_post_rows` has it: in the operator's time zone, a reversal on the brand of what it reverses, nothing that earns nothing. Of a
# recent audit's scope are the days that its transactions fall on, each as a whole.
_EARNED = """
WITH moved AS (
    SELECT a.operator_id, coalesce(t.brand_id, o.brand_id) AS brand_id, e.amount_minor, t.id,
           (t.created_at AT TIME ZONE u.time_zone)::date AS day
      FROM ledger_account a
      JOIN operators_operator p ON p.id = a.operator_id
      JOIN customers_user u ON u.id = p.user_id
      JOIN ledger_entry e ON e.account_id = a.id
      JOIN ledger_transaction t ON t.id = e.transaction_id AND t.kind <> ALL (%(earns_nothing)s)
      LEFT JOIN ledger_transaction o ON o.id = t.reverses_id
     WHERE a.kind = 'payable'
       AND (%(all)s OR a.id IN (SELECT account_id FROM ledger_entry WHERE transaction_id >= %(first)s))
), earned AS (
    SELECT operator_id, brand_id, day, sum(amount_minor) AS minor
      FROM moved GROUP BY 1, 2, 3 HAVING %(all)s OR max(id) >= %(first)s
), kept AS (
    SELECT d.* FROM operators_operatorday d
     WHERE %(all)s OR EXISTS (SELECT FROM earned WHERE earned.operator_id = d.operator_id AND earned.day = d.day
                                 AND earned.brand_id IS NOT DISTINCT FROM d.brand_id)
)
SELECT coalesce(kept.id::text, format('operator %%s on %%s', earned.operator_id, earned.day)),
       coalesce(earned.minor, 0), coalesce(kept.earned_minor::text, 'no row')
  FROM earned
  FULL JOIN kept ON kept.operator_id = earned.operator_id AND kept.day = earned.day
   AND coalesce(kept.brand_id, 0) = coalesce(earned.brand_id, 0)
 WHERE coalesce(kept.earned_minor, 0) <> coalesce(earned.minor, 0)
"""

# As `ledger_post_rows` has it. Of a recent audit's scope are the quarter hours from that of its first transaction on, each as
# a whole.
_QUARTER_HOURS = """
WITH scope AS (
    SELECT CASE WHEN %(all)s THEN '-infinity'::timestamptz
           ELSE date_bin('15 minutes', coalesce(min(created_at), %(since)s::timestamptz), '1970-01-01 00:00+00') END AS begins_at
      FROM ledger_transaction WHERE id >= %(first)s
), counted AS (
    SELECT e.account_id, date_bin('15 minutes', t.created_at, '1970-01-01 00:00+00') AS begins_at, sum(e.amount_minor) AS minor
      FROM ledger_transaction t
      JOIN ledger_entry e ON e.transaction_id = t.id
      JOIN ledger_account a ON a.id = e.account_id
     WHERE t.created_at >= (SELECT begins_at FROM scope)
       AND (a.kind = 'wallet' AND t.kind = ANY(%(sales)s) OR a.kind = 'payable' AND t.kind <> ALL(%(earns_nothing)s))
     GROUP BY 1, 2
), kept AS (
    SELECT account_id, begins_at, amount_minor FROM ledger_accountquarterhour
     WHERE begins_at >= (SELECT begins_at FROM scope)
)
SELECT format('%%s from %%s', account_id, begins_at), coalesce(counted.minor, 0), coalesce(kept.amount_minor::text, 'no row')
  FROM counted
  FULL JOIN kept USING (account_id, begins_at)
 WHERE coalesce(kept.amount_minor, 0) <> coalesce(counted.minor, 0)
"""

CHECKS: list[Check] = [
    by_query("day_earned_what_the_ledger_moved", "operators.operatorday", _EARNED),
    by_query("quarter_hour_is_what_the_ledger_moved", "ledger.accountquarterhour", _QUARTER_HOURS),
]
