"""Checks of offers: what was claimed is counted for its day, within the budget it was given on, and in the books."""

from billing.auditing.findings import Check, by_query

_DAYS = """
SELECT d.id, format('%%s claims, %%s', coalesce(given.claims, 0), coalesce(given.cost, 0)),
       format('%%s claims, %%s', d.claims, d.cost_minor)
  FROM billing_offerday d
  LEFT JOIN (
    SELECT offer_id, day, count(*) AS claims, sum(cost_minor) AS cost FROM billing_offerclaim GROUP BY offer_id, day
  ) AS given ON given.offer_id = d.offer_id AND given.day = d.day
 WHERE (%(all)s OR d.day >= (%(since)s)::date)
   AND (d.claims, d.cost_minor) <> (coalesce(given.claims, 0), coalesce(given.cost, 0))
"""

_BONUSES = """
SELECT c.id, format('bonus %%s, taken back %%s', c.bonus_minor, c.taken_back_minor),
       format('bonus %%s, taken back %%s', booked.given, booked.back)
  FROM billing_offerclaim c
 CROSS JOIN LATERAL (
    SELECT coalesce(sum(e.amount_minor) FILTER (WHERE t.id = c.bonus_transaction_id), 0) AS given,
           coalesce(-sum(e.amount_minor) FILTER (WHERE t.id <> c.bonus_transaction_id), 0) AS back
      FROM ledger_transaction t
      JOIN ledger_entry e ON e.transaction_id = t.id
      JOIN ledger_account a ON a.id = e.account_id AND a.kind = 'wallet'
     WHERE t.kind = 'promo' AND t.customer_id = c.customer_id
       AND (t.id = c.bonus_transaction_id OR t.idempotency_key LIKE 'offer-back:' || c.id || ':%%')
 ) AS booked
 WHERE (%(all)s OR c.claimed_at >= %(since)s)
   AND (booked.given, booked.back) <> (c.bonus_minor, c.taken_back_minor)
"""

CHECKS: list[Check] = [
    by_query("offer_day_counts_its_claims", "billing.offerday", _DAYS),
    by_query("offer_bonus_is_in_the_books", "billing.offerclaim", _BONUSES),
]
