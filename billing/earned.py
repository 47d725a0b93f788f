"""What an operator earned within some time, added up from the sums by quarter hour, and what else moved, which is rare and read by key.

Days, weeks, and months begin with a quarter hour everywhere (`billing.ledger.quarter_hours`), so these are exactly the sums of the
entries. Times that are asked for are such beginnings.
"""

from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.db import connection

from billing import conf
from billing.ledger.states import EARNS_NOTHING, SALES, TransactionKind

# What is neither a sale nor what the platform pays for free minutes: the condition of the index `transaction_not_earned`, as it is.
IS_RARE = (
    "t.kind NOT IN ('" + "', '".join(SALES) + "') AND NOT (t.kind = 'promo' AND t.operator_minor >= 0)"
)  # written out: a plan for all values finds the index by it
_PAYABLE = (
    "(SELECT id FROM ledger_account"
    " WHERE kind = 'payable' AND operator_id = %(operator)s AND currency = %(currency)s)"
)
_WITHIN = f"""
  FROM ledger_accountquarterhour
 WHERE account_id = {_PAYABLE}
   AND begins_at >= coalesce(%(begin)s::timestamptz, '-infinity') AND begins_at < coalesce(%(end)s::timestamptz, 'infinity')
"""
_SUM = f"SELECT coalesce(sum(amount_minor), 0)::bigint {_WITHIN}"
_BY_DAY = f"SELECT (begins_at AT TIME ZONE %(zone)s)::date, sum(amount_minor)::bigint {_WITHIN} GROUP BY 1"
_BY_QUARTER_HOUR = f"SELECT begins_at, amount_minor {_WITHIN} ORDER BY begins_at"
_TAKEN = f"""
SELECT (t.created_at AT TIME ZONE %(zone)s)::date, t.kind, -sum(e.amount_minor)::bigint
  FROM ledger_transaction t
  JOIN ledger_entry e ON e.transaction_id = t.id AND e.account_id = {_PAYABLE}
 WHERE t.operator_id = %(operator)s AND {IS_RARE} AND t.kind = ANY(%(kinds)s)
   AND t.created_at >= coalesce(%(begin)s::timestamptz, '-infinity')
   AND t.created_at < coalesce(%(end)s::timestamptz, 'infinity')
 GROUP BY 1, 2
"""  # noqa: S608 (constants of ours)


def earned_minor(operator_id: int, begin: datetime | None, end: datetime | None) -> int:
    """From `begin` (included) to `end` (excluded), None where it is open; less what was given back in that time."""
    [(minor,)] = _rows(_SUM, operator_id, begin, end)
    return int(minor)


def earned_by_day(
    operator_id: int, begin: datetime | None, end: datetime | None, zone: ZoneInfo
) -> dict[date, int]:
    """The same by the day there; a day on which nothing moved is left out."""
    return dict(_rows(_BY_DAY, operator_id, begin, end, zone=zone.key))


def earned_times(operator_id: int, since: datetime) -> list[tuple[datetime, int]]:
    """What was earned since then in each quarter hour in which anything was, by when it began, the oldest first."""
    return _rows(_BY_QUARTER_HOUR, operator_id, since, None)


def taken_by_day(
    operator_id: int, begin: datetime | None, end: datetime | None, zone: ZoneInfo
) -> dict[tuple[date, TransactionKind], int]:
    """What payouts, withholding, and all else that earns nothing took off the balance, by the day there and kind; below zero where it
    was put on.
    """
    kinds = [str(kind) for kind in EARNS_NOTHING]
    rows = _rows(_TAKEN, operator_id, begin, end, zone=zone.key, kinds=kinds)
    return {(on, TransactionKind(kind)): minor for on, kind, minor in rows}


def _rows(
    statement: str, operator_id: int, begin: datetime | None, end: datetime | None, **values: Any
) -> list[Any]:
    parameters = {
        "operator": operator_id, "currency": conf.currency(), "begin": begin, "end": end, **values,
    }  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        return list(cursor.fetchall())
