"""What of each operator's balance is payable on a day, from the ledger's own times; and which of it is held, and why."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db import connection

from billing import conf
from billing.ledger.states import EARNS_NOTHING
from billing.payouts.maturity import Balance, held_back_since

CASE = "case"  # why something is held: a customer’s case about it waits for us
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
"""  # noqa: S608 (constants of ours)
_HELD = f"""{_PAYABLE}{_CONTESTED}
SELECT reference, reasons, since, due_on, minor::bigint FROM held WHERE minor > 0 ORDER BY since, reference
"""  # noqa: S608 (constants of ours)


@dataclass(frozen=True, slots=True)
class HeldLine:
    """One call, text, or tip that is held: since when, why (of `billing.states.HoldKind`, or `CASE`), and how much, minor units.

    `due_on`: until when a case about it is answered; None where there is no case.
    """

    reference: str
    reasons: list[str]
    since: datetime
    due_on: date | None
    amount_minor: int


def balance_of(operator_id: int, day: date) -> Balance:
    """One operator's, on `day` of New York; zero before anything was earned."""
    return dict(_balances(held_back_since(day, hold_days()), operator_id)).get(operator_id, Balance(0, 0, 0))


def balance_since(operator_id: int, since: datetime) -> Balance:
    """The same, with what was earned from `since` on held back."""
    return dict(_balances(since, operator_id)).get(operator_id, Balance(0, 0, 0))


def balances_on(day: date) -> dict[int, Balance]:
    """Of all operators who ever earned, by id."""
    return dict(_balances(held_back_since(day, hold_days()), None))


def held_lines(operator_id: int) -> list[HeldLine]:
    """What is held of the operator's earnings, the longest first."""
    with connection.cursor() as cursor:
        cursor.execute(_HELD, parameters(None, operator_id))
        return [HeldLine(*row) for row in cursor.fetchall()]


def hold_days() -> int:
    """For how many whole days earnings wait before they are payable."""
    return conf.payout_rules().hold_days


def _balances(since: datetime, operator_id: int | None) -> Iterator[tuple[int, Balance]]:
    with connection.cursor() as cursor:
        cursor.execute(_BALANCES, parameters(since, operator_id))
        for owner, *amounts in cursor.fetchall():
            yield owner, Balance(*amounts)


def parameters(since: datetime | None, operator_id: int | None) -> dict[str, Any]:
    """Of the queries here: what was earned from `since` on is held back; None: of all operators."""
    return {
        "since": since,
        "operator": operator_id,
        "currency": conf.currency(),
        "earns_nothing": [kind.value for kind in EARNS_NOTHING],
    }
