"""What payouts will take: what is owed and since when it is payable, the cash of the coming weeks, and balances nobody asks for."""

from collections import Counter
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.db import connection

from billing import conf
from billing.payouts.balances import balances_on, hold_days
from billing.payouts.maturity import books_day, held_back_since, next_payday
from billing.payouts.models import DormancyTerm
from operators.models import Operator

WEEKS = 5
# What operators' recent earnings come to by the day on which they were posted; New York's days begin with a quarter hour.
_RECENT = """
SELECT (q.begins_at AT TIME ZONE 'America/New_York')::date, sum(q.amount_minor)::bigint
  FROM ledger_account a
 CROSS JOIN LATERAL (
        SELECT begins_at, amount_minor FROM ledger_accountquarterhour WHERE account_id = a.id AND begins_at >= %(since)s OFFSET 0
       ) AS q
 WHERE a.kind = 'payable' AND a.currency = %(currency)s
 GROUP BY 1 ORDER BY 1
"""
_LAST_SIGN = """
SELECT o.id, a.balance_minor, greatest(u.last_login, last.created_at, u.date_joined)
  FROM ledger_account a
  JOIN operators_operator o ON o.id = a.operator_id
  JOIN customers_user u ON u.id = o.user_id
  LEFT JOIN LATERAL (
        SELECT t.created_at FROM ledger_transaction t WHERE t.operator_id = o.id AND t.kind <> 'payout_back'
         ORDER BY t.id DESC LIMIT 1
       ) AS last ON true
 WHERE a.kind = 'payable' AND a.balance_minor > 0
 ORDER BY 3
"""


@dataclass(frozen=True, slots=True)
class Week:
    """What is to be paid on a Monday, as far as it is earned by now, minor units."""

    payday: date
    amount_minor: int


@dataclass(frozen=True, slots=True)
class Outlook:
    """What we owe all operators, minor units: parts as in `billing.payouts.maturity.Balance`, and what they owe us."""

    payable_minor: int
    pending_minor: int
    held_minor: int
    owed_to_us_minor: int
    weeks: list[Week]

    @property
    def liability_minor(self) -> int:
        """What is owed to those who are not below zero."""
        return self.payable_minor + self.pending_minor + self.held_minor + self.owed_to_us_minor


@dataclass(frozen=True, slots=True)
class DormantBalance:
    """Earnings without a sign of life since `since`, and until when the state lets us keep them."""

    operator: Operator
    balance_minor: int
    since: datetime
    due_on: date
    region: str


def outlook(at: datetime) -> Outlook:
    """As it is now. Sums are of balances, the weeks of what was posted lately."""
    day = books_day(at)
    balances = balances_on(day).values()
    weeks: Counter[date] = Counter()
    payable_minor = sum(balance.payable_minor for balance in balances)
    weeks[next_payday(day)] += payable_minor
    for posted_on, amount_minor in _recent(at):
        first = max(posted_on + timedelta(days=hold_days() + 1), day + timedelta(days=1))
        weeks[next_payday(first - timedelta(days=1))] += amount_minor
    paydays = [next_payday(day) + timedelta(days=7 * n) for n in range(WEEKS)]
    return Outlook(
        payable_minor=payable_minor,
        pending_minor=sum(balance.pending_minor for balance in balances),
        held_minor=sum(balance.held_minor for balance in balances),
        owed_to_us_minor=sum(balance.owed_to_us_minor for balance in balances),
        weeks=[Week(payday, weeks[payday]) for payday in paydays],
    )


def dormant_balances(at: datetime) -> list[DormantBalance]:
    """Balances whose owners gave no sign of life for the term of their state, less half a year, the longest first."""
    terms = dict(DormancyTerm.objects.values_list("region", "years"))
    found = []
    with connection.cursor() as cursor:
        cursor.execute(_LAST_SIGN)
        rows = cursor.fetchall()
    operators = Operator.objects.select_related("application").in_bulk([row[0] for row in rows])
    for operator_id, balance_minor, since in rows:
        application = getattr(operators[operator_id], "application", None)
        region = application.region if application is not None and application.region in terms else ""
        if region not in terms:
            continue
        due_on = books_day(since + timedelta(days=365 * terms[region]))
        if due_on <= books_day(at) + timedelta(days=182):
            found.append(DormantBalance(operators[operator_id], balance_minor, since, due_on, region))
    return found


def _recent(at: datetime) -> list[tuple[date, int]]:
    parameters: dict[str, Any] = {
        "since": held_back_since(books_day(at), hold_days()),
        "currency": conf.currency(),
    }
    with connection.cursor() as cursor:
        cursor.execute(_RECENT, parameters)
        return [(day, amount_minor) for day, amount_minor in cursor.fetchall()]
