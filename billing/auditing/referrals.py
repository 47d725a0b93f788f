"""Checks of larger shares: each has a referral behind it that was in force, and a text or tip was split by it."""

from billing.auditing.findings import Check, by_query

# A call that came back after a restore was authorized up to two days before its row was made.
_IN_FORCE = """
    SELECT 1 FROM operators_referral r
     WHERE r.customer_id = {row}.customer_id AND r.operator_id = {row}.operator_id
       AND {row}.created_at > r.created_at - interval '1 minute'
       AND {row}.created_at < r.ends_at + interval '2 days'
"""

_CALLS = f"""
SELECT a.id, 'above the ordinary share, and a referral in force',
       format('%%s instead of %%s', a.operator_share_bps, a.usual_share_bps)
  FROM billing_authorization a
 WHERE a.usual_share_bps IS NOT NULL AND (%(all)s OR a.state = 'open' OR a.settled_at >= %(since)s)
   AND (a.usual_share_bps >= a.operator_share_bps OR NOT EXISTS ({_IN_FORCE.format(row="a")}))
"""  # noqa: S608 (a constant of ours)

_SALES = f"""
SELECT t.id, format('operator %%s, and a referral in force', expected.minor),
       format('%%s of %%s %%s, at %%s instead of %%s', t.kind, t.amount_minor, t.operator_minor, s.share_bps, s.usual_share_bps)
  FROM billing_referredsale s
  JOIN ledger_transaction t ON t.id = s.transaction_id
 CROSS JOIN LATERAL (SELECT (2 * t.amount_minor * s.share_bps + 10000) / 20000 AS minor) AS expected
 WHERE t.id >= %(first)s
   AND (t.kind NOT IN ('message', 'tip') OR t.operator_minor <> expected.minor
        OR NOT EXISTS ({_IN_FORCE.format(row="t")}))
"""  # noqa: S608 (a constant of ours)

CHECKS: list[Check] = [
    by_query("larger_share_has_a_referral", "billing.authorization", _CALLS),
    by_query("referred_sale_is_split_by_its_share", "ledger.transaction", _SALES),
]
