"""The figures of the bookkeeper's pages in plain SQL, by other ways than the product's."""

# Each day by summing all entries up to it: the close adds days up instead. Promotional money is a row of its own.
BALANCES = """
WITH side AS (
    SELECT a.kind, CASE WHEN a.kind = 'wallet' THEN 'paid' ELSE a.name END AS name, e.amount_minor - e.promo_minor AS minor,
           timezone('America/New_York', t.created_at)::date AS day
      FROM ledger_entry e, ledger_transaction t, ledger_account a WHERE t.id = e.transaction_id AND a.id = e.account_id
     UNION ALL
    SELECT a.kind, 'promotional', e.promo_minor, timezone('America/New_York', t.created_at)::date
      FROM ledger_entry e, ledger_transaction t, ledger_account a WHERE t.id = e.transaction_id AND a.id = e.account_id
)
SELECT kind, name, sum(CASE WHEN day < %(day)s THEN minor ELSE 0 END)::bigint,
       sum(CASE WHEN day = %(day)s AND minor < 0 THEN -minor ELSE 0 END)::bigint,
       sum(CASE WHEN day = %(day)s AND minor > 0 THEN minor ELSE 0 END)::bigint,
       sum(minor)::bigint
  FROM side WHERE day <= %(day)s AND minor <> 0 GROUP BY kind, name
"""

# Shares from the columns of transactions, not from entries; fees and trunk by their rules, in numerics.
REVENUE = """
WITH booked AS (
    SELECT t.*, (SELECT coalesce(sum(e.amount_minor), 0) FROM ledger_entry e JOIN ledger_account a ON a.id = e.account_id
                  WHERE e.transaction_id = t.id AND a.kind = 'wallet') AS wallet,
           (SELECT coalesce(sum(e.promo_minor), 0) FROM ledger_entry e WHERE e.transaction_id = t.id) AS given,
           (SELECT coalesce(sum(e.amount_minor), 0) FROM ledger_entry e JOIN ledger_account a ON a.id = e.account_id
                  WHERE e.transaction_id = t.id AND a.kind = 'tax') AS taxed,
           CASE WHEN t.kind = 'refund' THEN -1 ELSE 1 END AS sign
      FROM ledger_transaction t
     WHERE t.operator_id IS NOT NULL AND t.kind <> 'payout'
       AND timezone('America/New_York', t.created_at)::date >= %(start)s
       AND timezone('America/New_York', t.created_at)::date < %(end)s
), rate AS (
    SELECT CASE WHEN stated.gross > 0 THEN round(stated.fee * 1000000 / stated.gross)
                WHEN paid.minor > 0 THEN %(bps)s * 100 + round(%(fixed)s * paid.count * 1000000 / paid.minor)
                WHEN account.count > 0 THEN %(bps)s * 100 ELSE 0 END AS millionths
      FROM (SELECT sum(fee_minor)::numeric AS fee, sum(gross_minor)::numeric AS gross
              FROM billing_statementline WHERE posted_at IS NOT NULL) AS stated,
           (SELECT sum(captured_minor)::numeric AS minor, count(*) AS count
              FROM billing_payment WHERE captured_minor > 0) AS paid,
           (SELECT count(*) AS count FROM billing_merchantaccount) AS account
), legs AS (
    SELECT operator_id, sum(ceil(extract(epoch FROM ended_at - customer_answered_at))) AS customer,
           sum(ceil(extract(epoch FROM ended_at - operator_answered_at))) AS operator
      FROM telephony_call
     WHERE timezone('America/New_York', ended_at)::date >= %(start)s AND timezone('America/New_York', ended_at)::date < %(end)s
     GROUP BY operator_id
), summed AS (
    SELECT b.operator_id, -sum(wallet) AS paid, sum(taxed) AS tax, sum(sign * operator_minor) AS operator,
           sum(sign * platform_minor) AS platform,
           sum(CASE WHEN kind = 'promo' THEN operator_minor ELSE 0 END) AS promo,
           sum(sign * (operator_minor + platform_minor)) + sum(taxed) + sum(wallet)
               - sum(CASE WHEN kind = 'promo' THEN operator_minor ELSE 0 END) AS uncollected,
           round((-sum(wallet) + sum(given)) * (SELECT millionths FROM rate) / 1000000) AS fees
      FROM booked b GROUP BY b.operator_id
)
SELECT o.stage_name, coalesce(paid, 0)::bigint, coalesce(tax, 0)::bigint, coalesce(s.operator, 0)::bigint,
       coalesce(platform, 0)::bigint, coalesce(promo, 0)::bigint, coalesce(uncollected, 0)::bigint,
       coalesce(fees, 0)::bigint, trunk.minor::bigint,
       (coalesce(platform - promo - uncollected - fees, 0) - trunk.minor)::bigint
  FROM operators_operator o
  LEFT JOIN summed s ON s.operator_id = o.id
  LEFT JOIN legs ON legs.operator_id = o.id
 CROSS JOIN LATERAL (
    SELECT round(coalesce(legs.customer * %(CUSTOMER_LEG_MILLIONTHS)s + legs.operator * %(OPERATOR_LEG_MILLIONTHS)s, 0)
                 / 600000) AS minor
 ) AS trunk
 WHERE s.operator_id IS NOT NULL OR trunk.minor > 0
"""
