"""The sums of a period as they were read before there were roll-ups, from the entries: what the kept sums are compared with."""

from collections import defaultdict
from datetime import date, datetime, timedelta
from typing import Any

from django.db import connection

from billing import conf
from billing.ledger.states import EARNS_NOTHING, SALES
from billing.payouts.balances import hold_days
from billing.payouts.maturity import Balance, held_back_since

_SPENT = """
SELECT coalesce(-sum(e.amount_minor), 0)
  FROM ledger_transaction t
  JOIN ledger_entry e ON e.transaction_id = t.id
  JOIN ledger_account a ON a.id = e.account_id AND a.kind = 'wallet' AND a.customer_id = %(customer)s
 WHERE t.customer_id = %(customer)s
   AND t.id > coalesce((SELECT f.id FROM ledger_transaction f WHERE f.created_at < %(since)s::timestamptz - interval '5 minutes'
                         ORDER BY f.created_at DESC LIMIT 1), 0)
   AND t.created_at >= %(since)s::timestamptz
   AND (t.kind = ANY(%(sales)s)
        OR t.kind = 'refund' AND (SELECT s.created_at FROM ledger_transaction s WHERE s.id = t.reverses_id) >= %(since)s::timestamptz
        OR t.kind = 'adjustment' AND t.reverses_id IS NOT NULL  -- a refund taken back
           AND (SELECT s.created_at FROM ledger_transaction r JOIN ledger_transaction s ON s.id = r.reverses_id
                 WHERE r.id = t.reverses_id) >= %(since)s::timestamptz
        OR t.kind = 'adjustment' AND t.reverses_id IS NULL AND t.reference <> ''
           AND coalesce((SELECT min(s.created_at) FROM ledger_transaction s
                          WHERE s.reference = t.reference AND s.reference <> '' AND s.kind = ANY(%(sales)s))
                        >= %(since)s::timestamptz, true))
"""
_PAYABLE = """
WITH payable AS (
    SELECT id, operator_id, balance_minor FROM ledger_account
     WHERE kind = 'payable' AND currency = %(currency)s AND (%(operator)s::bigint IS NULL OR operator_id = %(operator)s)
)"""
# Amounts of one call, text, or tip count together: what is earned and given back within the time is not earned.
_RECENT = """, recent AS (
    SELECT p.operator_id, coalesce(nullif(t.reference, ''), 'transaction ' || t.id) AS reference, sum(e.amount_minor) AS minor
      FROM payable p
      JOIN ledger_transaction t ON t.operator_id = p.operator_id AND t.created_at >= %(since)s
                               AND t.kind <> ALL (%(earns_nothing)s)
      JOIN ledger_entry e ON e.transaction_id = t.id AND e.account_id = p.id
     GROUP BY 1, 2
)"""
# What customers said went wrong is held; what an operator reports or contests isn’t for that.
_CONTESTED = """, contested AS (
    SELECT operator_id, reference, min(since) AS since, array_agg(DISTINCT reason ORDER BY reason) AS reasons,
           max(due_on) AS due_on FROM (
        SELECT h.operator_id, h.reference, h.held_at AS since, h.kind::text AS reason, NULL::date AS due_on
          FROM billing_heldearning h JOIN billing_earningshold o ON o.id = h.hold_id AND o.state = 'open'
         UNION ALL
        SELECT c.operator_id, c.reference, c.opened_at, 'case', c.due_on FROM billing_case c
         WHERE c.state IN ('open', 'appealed') AND c.reference <> '' AND c.customer_id IS NOT NULL
    ) AS whys
     WHERE operator_id IN (SELECT operator_id FROM payable)
     GROUP BY 1, 2
), held AS (
    SELECT c.operator_id, c.reference, c.since, c.reasons, c.due_on, sum(e.amount_minor) AS minor
      FROM contested c
      JOIN payable p ON p.operator_id = c.operator_id
      JOIN ledger_transaction t ON t.reference = c.reference AND t.operator_id = c.operator_id
      JOIN ledger_entry e ON e.transaction_id = t.id AND e.account_id = p.id
     GROUP BY 1, 2, 3, 4, 5
)
"""
LINES = _PAYABLE + _RECENT + _CONTESTED
# Added up once for all operators: a sum for each of them would read everything recent as often as there are operators.
_BALANCES = f"""{LINES}, recent_of AS (
    SELECT operator_id, sum(greatest(minor, 0)) AS minor FROM recent GROUP BY 1
), held_of AS (
    SELECT h.operator_id, sum(greatest(h.minor - greatest(coalesce(r.minor, 0), 0), 0)) AS minor
      FROM held h LEFT JOIN recent r ON (r.operator_id, r.reference) = (h.operator_id, h.reference)
     GROUP BY 1
)
SELECT p.operator_id, p.balance_minor, coalesce(r.minor, 0)::bigint, coalesce(h.minor, 0)::bigint
  FROM payable p
  LEFT JOIN recent_of r ON r.operator_id = p.operator_id
  LEFT JOIN held_of h ON h.operator_id = p.operator_id
 ORDER BY p.operator_id
"""
RECENT_LINES = f"""{LINES}
SELECT coalesce(nullif(t.reference, ''), 'transaction ' || t.id), (t.created_at AT TIME ZONE 'America/New_York')::date,
       sum(e.amount_minor)::bigint
  FROM payable p
  JOIN ledger_transaction t ON t.operator_id = p.operator_id AND t.created_at >= %(since)s
                           AND t.kind <> ALL (%(earns_nothing)s)
  JOIN ledger_entry e ON e.transaction_id = t.id AND e.account_id = p.id
 GROUP BY 1, 2
"""
HELD_LINES = f"{LINES} SELECT reference, minor::bigint FROM held"
_BY_DAY = """
SELECT (t.created_at AT TIME ZONE %(zone)s)::date, t.kind <> ALL (%(earns_nothing)s), sum(e.amount_minor)::bigint
  FROM ledger_account a
  JOIN ledger_entry e ON e.account_id = a.id
  JOIN ledger_transaction t ON t.id = e.transaction_id
 WHERE a.kind = 'payable' AND a.operator_id = %(operator)s AND t.created_at >= %(since)s AND t.created_at < %(end)s
 GROUP BY 1, 2
"""


def spent_minor(customer_id: int, since: datetime) -> int:
    [(minor,)] = _rows(_SPENT, customer=customer_id, since=since, sales=[str(kind) for kind in SALES])
    return int(minor)


def balance_since(operator_id: int, since: datetime) -> Balance:
    rows = {
        owner: Balance(*amounts) for owner, *amounts in _rows(_BALANCES, operator=operator_id, since=since)
    }
    return rows.get(operator_id, Balance(0, 0, 0))


def balances_since(since: datetime) -> dict[int, Balance]:
    return {owner: Balance(*amounts) for owner, *amounts in _rows(_BALANCES, operator=None, since=since)}


def by_day(operator_id: int, since: datetime, end: datetime, zone: str) -> dict[tuple[date, bool], int]:
    """By the day there, and whether it is earned."""
    rows = _rows(_BY_DAY, operator=operator_id, since=since, end=end, zone=zone)
    return {(on, is_earned): minor for on, is_earned, minor in rows}


def recent_minor(operator_id: int, since: datetime) -> dict[str, int]:
    recent: dict[str, int] = defaultdict(int)
    for key, _on, minor in _rows(RECENT_LINES, operator=operator_id, since=since):
        recent[key] += minor
    return recent


def ripening(operator_id: int, day: date) -> list[tuple[date, int]]:
    """On which of the days after `day` how much more becomes payable (less, where a correction is newer), minor units."""
    days, since = hold_days(), held_back_since(day, hold_days())
    balance, contested = (
        balance_since(operator_id, since),
        dict(_rows(HELD_LINES, operator=operator_id, since=since)),
    )
    lines: dict[str, list[tuple[date, int]]] = defaultdict(list)
    for key, on, minor in _rows(RECENT_LINES, operator=operator_id, since=since):
        lines[key].append((on, minor))
    found, before = [], balance.payable_minor
    for later in (day + timedelta(days=n) for n in range(1, days + 2)):
        first = later - timedelta(days=days)
        recent = {key: sum(minor for on, minor in some if on >= first) for key, some in lines.items()}
        unripe = {key: max(0, minor) for key, minor in recent.items()}
        disputed = sum(max(0, minor - unripe.get(key, 0)) for key, minor in contested.items())
        after = Balance(balance.balance_minor, sum(unripe.values()), disputed).payable_minor
        if after != before:
            found.append((later, after - before))
        before = after
    return found


def _rows(statement: str, **values: Any) -> list[Any]:
    parameters = {
        "currency": conf.currency(), "earns_nothing": [kind.value for kind in EARNS_NOTHING], **values,
    }  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        return list(cursor.fetchall())
