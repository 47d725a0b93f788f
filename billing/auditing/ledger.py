"""Checks of the books: transactions balance, balances are the sum of their entries, holds are those of open calls."""

from billing.auditing.findings import Check, by_query

# The database refuses to commit this; the audit would find it had somebody switched the triggers off.
_UNBALANCED = """
SELECT t.id, '2 or more entries, sum 0', count(e.id) || ' entries, sum ' || coalesce(sum(e.amount_minor), 0)
  FROM ledger_transaction t
  LEFT JOIN ledger_entry e ON e.transaction_id = t.id
  LEFT JOIN ledger_account a ON a.id = e.account_id AND a.currency = t.currency
 WHERE t.id >= %(first)s
 GROUP BY t.id
HAVING count(e.id) < 2 OR count(a.id) <> count(e.id) OR sum(e.amount_minor) <> 0
"""

_STRAY_ENTRIES = """
SELECT e.id, 'its transaction', 'none'
  FROM ledger_entry e LEFT JOIN ledger_transaction t ON t.id = e.transaction_id
 WHERE e.transaction_id >= %(first)s AND t.id IS NULL
"""

# What a sale's row says must be what its entries did; tax is paid on top of its amount.
_SALES = """
SELECT t.id, format('%%s = %%s + %%s', t.amount_minor, t.operator_minor, t.platform_minor),
       format('%%s = %%s + %%s', -paid.wallet - paid.tax, paid.payable, paid.revenue)
  FROM ledger_transaction t
 CROSS JOIN LATERAL (
    SELECT coalesce(sum(e.amount_minor) FILTER (WHERE a.kind = 'wallet'), 0) AS wallet,
           coalesce(sum(e.amount_minor) FILTER (WHERE a.kind = 'tax'), 0) AS tax,
           coalesce(sum(e.amount_minor) FILTER (WHERE a.kind = 'payable'), 0) AS payable,
           coalesce(sum(e.amount_minor) FILTER (WHERE a.kind = 'revenue'), 0) AS revenue
      FROM ledger_entry e JOIN ledger_account a ON a.id = e.account_id
     WHERE e.transaction_id = t.id
 ) AS paid
 WHERE t.id >= %(first)s AND t.kind = ANY(%(sales)s)
   AND (-paid.wallet - paid.tax, paid.payable, paid.revenue) <> (t.amount_minor, t.operator_minor, t.platform_minor)
"""

_BALANCES = """
SELECT a.id, coalesce(entries.total, 0), a.balance_minor
  FROM ledger_account a
 CROSS JOIN LATERAL (SELECT sum(e.amount_minor) AS total FROM ledger_entry e WHERE e.account_id = a.id) AS entries
 WHERE a.kind IN ('wallet', 'payable') AND a.balance_minor <> coalesce(entries.total, 0)
   AND (%(all)s OR a.id IN (SELECT account_id FROM ledger_entry WHERE transaction_id >= %(first)s))
"""

# Promotional money is told apart on wallets alone.
_PROMO = """
SELECT a.id, coalesce(entries.total, 0), a.promo_minor
  FROM ledger_account a
 CROSS JOIN LATERAL (SELECT sum(e.promo_minor) AS total FROM ledger_entry e WHERE e.account_id = a.id) AS entries
 WHERE a.promo_minor <> coalesce(entries.total, 0)
   AND (%(all)s OR a.id IN (SELECT account_id FROM ledger_entry WHERE transaction_id >= %(first)s))
"""

_HOLDS = """
SELECT a.id, coalesce(open.held, 0), a.held_minor
  FROM ledger_account a
  LEFT JOIN (
    SELECT wallet_id, sum(held_minor) AS held FROM billing_authorization WHERE state = 'open' GROUP BY wallet_id
  ) AS open ON open.wallet_id = a.id
 WHERE a.held_minor <> coalesce(open.held, 0)
"""

_LIMITS = """
SELECT a.id, 'at least ' || -a.overdraft_minor, a.balance_minor - a.held_minor
  FROM ledger_account a
 WHERE a.kind = 'wallet' AND a.balance_minor - a.held_minor < -a.overdraft_minor
"""

_PLATFORM = """
SELECT a.id, 0, a.balance_minor + a.held_minor
  FROM ledger_account a
 WHERE a.kind NOT IN ('wallet', 'payable') AND (a.balance_minor <> 0 OR a.held_minor <> 0)
"""

CHECKS: list[Check] = [
    by_query("transaction_balances", "ledger.transaction", _UNBALANCED),
    by_query("entry_belongs_to_transaction", "ledger.entry", _STRAY_ENTRIES),
    by_query("sale_is_what_its_entries_did", "ledger.transaction", _SALES),
    by_query("balance_is_sum_of_entries", "ledger.account", _BALANCES),
    by_query("promotional_balance_is_sum_of_entries", "ledger.account", _PROMO),
    by_query("hold_is_that_of_open_authorizations", "ledger.account", _HOLDS),
    by_query("wallet_within_its_limit", "ledger.account", _LIMITS),
    by_query("platform_account_carries_no_balance", "ledger.account", _PLATFORM),
]
