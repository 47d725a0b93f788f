"""Checks of single transactions: known kinds, two accounts or more, its own people's accounts, and a head that its entries bear out."""

from collections.abc import Iterator

from django.db import connection

from billing.auditing.findings import Check, Scope, Violation, by_query
from billing.ledger.states import AccountKind, TransactionKind
from core.sql_functions import drift

_MOVED = """
  FROM ledger_transaction t
 CROSS JOIN LATERAL (
    SELECT count(DISTINCT a.id) AS accounts,
           coalesce(sum(e.amount_minor) FILTER (WHERE a.kind = 'wallet'), 0) AS wallet,
           coalesce(sum(e.amount_minor) FILTER (WHERE a.kind = 'payable'), 0) AS payable,
           coalesce(sum(e.amount_minor) FILTER (WHERE a.kind = 'revenue'), 0) AS revenue,
           coalesce(sum(e.amount_minor) FILTER (WHERE a.kind = 'in_transit'), 0) AS in_transit,
           coalesce(sum(e.amount_minor) FILTER (WHERE a.kind = 'tax'), 0) AS tax,
           coalesce(sum(e.amount_minor) FILTER (WHERE a.kind = 'withheld'), 0) AS withheld,
           coalesce(sum(e.amount_minor) FILTER (WHERE a.kind = 'out_transit'), 0) AS sent,
           coalesce(sum(e.amount_minor) FILTER (WHERE a.kind IN ('fees', 'bank')), 0) AS kept,
           coalesce(sum(e.amount_minor) FILTER (WHERE a.kind IN ('processor', 'received')), 0) AS collected,
           coalesce(bool_or(a.kind = 'wallet' AND a.customer_id IS DISTINCT FROM t.customer_id), false) AS foreign_wallet,
           coalesce(bool_or(a.kind = 'payable' AND a.operator_id IS DISTINCT FROM t.operator_id), false)
               AS foreign_payable
      FROM ledger_entry e JOIN ledger_account a ON a.id = e.account_id
     WHERE e.transaction_id = t.id
 ) AS moved
 WHERE t.id >= %(first)s
"""

_ACCOUNTS = f"""
SELECT t.id, 'entries on 2 or more accounts', moved.accounts || ' accounts' {_MOVED} AND moved.accounts < 2
"""

_PEOPLE = f"""
SELECT t.id, format('customer %%s, operator %%s', t.customer_id, t.operator_id),
       concat_ws(', ', CASE WHEN moved.foreign_wallet THEN 'another wallet' END,
                 CASE WHEN moved.foreign_payable THEN 'another payable' END)
{_MOVED} AND (moved.foreign_wallet OR moved.foreign_payable)
"""

# What the row of anything but a sale says (sales: `sale_is_what_its_entries_did`). A refund's parts are what each gives back;
# those of an adjustment and of promotional pay carry the sign of what each got; tax is in their amount, and in no part.
# Money in or out of a wallet has no parts.
_HEADS = f"""
SELECT t.id, format('%%s: operator %%s, platform %%s', t.amount_minor, t.operator_minor, t.platform_minor),
       format('wallet %%s, operator %%s, platform %%s', moved.wallet, moved.payable, moved.revenue)
{_MOVED} AND t.kind <> ALL (%(sales)s)
   AND CASE
       WHEN t.kind = 'payout' THEN moved.payable <> -t.amount_minor
       WHEN t.kind = 'payout_fee' THEN (abs(moved.payable), moved.revenue) <> (t.amount_minor, -moved.payable)
       WHEN t.kind IN ('payout_back', 'write_off') THEN moved.payable <> t.amount_minor
       WHEN t.kind = 'withholding' THEN (abs(moved.payable), moved.withheld) <> (t.amount_minor, -moved.payable)
       WHEN t.kind = 'payout_paid'
            THEN (moved.sent, moved.wallet, moved.payable, moved.revenue) <> (-t.amount_minor, 0, 0, 0)
       WHEN t.kind = 'opening' THEN (moved.wallet + moved.payable, moved.revenue) <> (t.amount_minor, 0)
       WHEN t.kind = 'pay_back' THEN (abs(moved.in_transit), moved.payable, moved.revenue) <> (t.amount_minor, 0, 0)
       WHEN t.kind IN ('fee', 'deposit')
            THEN (abs(moved.kept), moved.collected, moved.wallet, moved.payable, moved.revenue)
                 <> (t.amount_minor, -moved.kept, 0, 0, 0)
       WHEN t.kind = 'refund' THEN (moved.wallet, moved.payable, moved.revenue)
                                   <> (t.amount_minor, -t.operator_minor, -t.platform_minor)
       WHEN t.operator_minor + t.platform_minor + moved.tax <> 0 THEN
            (abs(t.operator_minor + t.platform_minor + moved.tax), moved.payable, moved.revenue)
            <> (t.amount_minor, t.operator_minor, t.platform_minor)
       ELSE (abs(moved.wallet), moved.payable, moved.revenue) <> (t.amount_minor, 0, 0)
       END
"""

# Not of refunds: of a bill that the customer could not pay in full the platform gives back less than nothing.
_NEGATIVE = """
SELECT id, 'parts of 0 or more', format('operator %%s, platform %%s', operator_minor, platform_minor)
  FROM ledger_transaction
 WHERE id >= %(first)s AND (kind = ANY(%(sales)s) OR kind = 'payout')
   AND (operator_minor < 0 OR platform_minor < 0)
"""

# A call that was given up as never joined, and corrected since, was sold by its correction.
_REFUNDS = """
SELECT r.id,
       format('of sale %%s: customer %%s, operator %%s, %%s', s.id, s.customer_id, s.operator_id, s.reference),
       format('customer %%s, operator %%s, %%s', r.customer_id, r.operator_id, r.reference)
  FROM ledger_transaction r
  LEFT JOIN ledger_transaction s ON s.id = r.reverses_id
       AND (s.kind = ANY(%(sales)s) OR (s.kind = 'adjustment' AND s.reverses_id IS NULL))
 WHERE r.id >= %(first)s AND r.kind = 'refund'
   AND (s.id IS NULL OR (r.customer_id, r.operator_id, r.reference, r.currency)
        IS DISTINCT FROM (s.customer_id, s.operator_id, s.reference, s.currency))
"""

# Ids are drawn in the order of time, but for moments and for a clock that was set.
_ORDER = """
SELECT id, 'after ' || before, created_at
  FROM (SELECT id, created_at, lag(created_at) OVER (ORDER BY id) AS before
          FROM ledger_transaction WHERE id >= %(first)s) AS rows
 WHERE created_at < before - interval '2 hours'
"""


def _kinds(scope: Scope) -> Iterator[Violation]:
    """Every account and transaction is of a kind that there is."""
    tables = (
        ("ledger_account", "ledger.account", AccountKind),
        ("ledger_transaction", "ledger.transaction", TransactionKind),
    )
    with connection.cursor() as cursor:
        for table, name, kinds in tables:
            cursor.execute(f"SELECT id, kind FROM {table} WHERE kind <> ALL (%s)", [list(kinds.values)])  # noqa: S608
            for key, kind in cursor.fetchall():
                yield Violation("kind_is_known", f"{name}:{key}", "a kind of the ledger", str(kind))


def _guards(scope: Scope) -> Iterator[Violation]:
    """Every trigger and SQL function of the database is the one that is declared."""
    for problem in drift(connection):
        yield Violation("guards_are_in_place", "database", "as declared", problem)


BOOKS: list[Check] = [
    _kinds,
    by_query("entries_are_on_two_accounts", "ledger.transaction", _ACCOUNTS),
    by_query("accounts_are_those_of_its_people", "ledger.transaction", _PEOPLE),
    by_query("amount_is_what_its_entries_moved", "ledger.transaction", _HEADS),
    by_query("parts_are_not_negative", "ledger.transaction", _NEGATIVE),
    by_query("refund_is_of_its_sale", "ledger.transaction", _REFUNDS),
    by_query("times_follow_ids", "ledger.transaction", _ORDER),
]

CHECKS: list[Check] = [_guards, *BOOKS]
