"""What of each operator's balance is payable on a day, from the ledger's own times; and which of it is held, and why."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db import connection

from billing import conf
from billing.earned import IS_RARE
from billing.ledger.states import EARNS_NOTHING
from billing.payouts.maturity import Balance, held_back_since

CASE = "case"  # why something is held: a customer’s case about it waits for us
_ONE = "AND operator_id = %(operator)s"
PAYABLE = f"""
WITH payable AS (
    SELECT id, operator_id, balance_minor FROM ledger_account
     WHERE kind = 'payable' AND currency = %(currency)s {_ONE}
)"""  # noqa: S608 (constants of ours)
# OFFSET 0 keeps a look-up one by key: a plan for all values doesn't know how few these are.
_ENTRY = """
     CROSS JOIN LATERAL (
            SELECT e.id AS entry_id, e.amount_minor FROM ledger_entry e WHERE e.transaction_id = t.id AND e.account_id = {account} OFFSET 0
           ) AS e"""
_OF_REFERENCE = """
     CROSS JOIN LATERAL (
            SELECT t.id, t.created_at, t.kind FROM ledger_transaction t
             WHERE t.reference = {of}.reference AND t.reference <> '' AND t.operator_id = {of}.operator_id
            OFFSET 0
           ) AS t"""
_IS_RECENT = "t.created_at >= %(since)s AND t.kind <> ALL (%(earns_nothing)s)"
# Amounts of one call, text, or tip count together: what is earned and given back within the time is not earned. What is recent is
# added up from the sums by quarter hour (New York's days begin with one), and what was given back beyond what its call, text, or tip
# earned in that time is put back: only transactions of rare kinds do that. `taken_lines` are all lines of what they are about.
TAKEN = f""", taken AS (
    SELECT DISTINCT p.id AS account_id, p.operator_id, t.reference, CASE WHEN t.reference = '' THEN t.id END AS alone
      FROM payable p
      JOIN ledger_transaction t ON t.operator_id = p.operator_id AND {_IS_RECENT} AND {IS_RARE}
), taken_lines AS (
    SELECT k.operator_id, k.reference, t.created_at, e.entry_id, e.amount_minor, false AS is_alone
      FROM taken k {_OF_REFERENCE.format(of="k")} {_ENTRY.format(account="k.account_id")}
     WHERE k.alone IS NULL AND {_IS_RECENT}
     UNION ALL
    SELECT k.operator_id, 'transaction ' || t.id, t.created_at, e.entry_id, e.amount_minor, true
      FROM taken k
      JOIN ledger_transaction t ON t.id = k.alone {_ENTRY.format(account="k.account_id")}
)"""  # noqa: S608 (constants of ours)
# What customers said went wrong is held; what an operator reports or contests isn’t for that.
CONTESTED = f""", contested AS (
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
), held_lines AS (
    SELECT c.*, t.created_at, t.kind, e.amount_minor, {_IS_RECENT} AS is_recent
      FROM contested c
      JOIN payable p ON p.operator_id = c.operator_id {_OF_REFERENCE.format(of="c")} {_ENTRY.format(account="p.id")}
), held AS (
    SELECT operator_id, reference, since, reasons, due_on, sum(amount_minor) AS minor,
           coalesce(sum(amount_minor) FILTER (WHERE is_recent), 0) AS recent_minor
      FROM held_lines GROUP BY 1, 2, 3, 4, 5
)
"""  # noqa: S608 (constants of ours)
_BALANCES = f"""{PAYABLE}{TAKEN}{CONTESTED}, given_back AS (
    SELECT operator_id, sum(minor) AS minor
      FROM (SELECT operator_id, greatest(-sum(amount_minor), 0) AS minor FROM taken_lines GROUP BY operator_id, reference) AS each
     GROUP BY 1
), held_of AS (
    SELECT operator_id, sum(greatest(minor - greatest(recent_minor, 0), 0)) AS minor FROM held GROUP BY 1
)
SELECT p.operator_id, p.balance_minor, (recent.minor + coalesce(g.minor, 0))::bigint, coalesce(h.minor, 0)::bigint
  FROM payable p
 CROSS JOIN LATERAL (
        SELECT coalesce(sum(q.amount_minor), 0) AS minor FROM ledger_accountquarterhour q
         WHERE q.account_id = p.id AND q.begins_at >= %(since)s
       ) AS recent
  LEFT JOIN given_back g ON g.operator_id = p.operator_id
  LEFT JOIN held_of h ON h.operator_id = p.operator_id
 ORDER BY p.operator_id
"""  # noqa: S608 (constants of ours)
_HELD = f"""{PAYABLE}{CONTESTED}
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
        statement = _BALANCES if operator_id is not None else _BALANCES.replace(_ONE, "")
        cursor.execute(statement, parameters(since, operator_id))
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
