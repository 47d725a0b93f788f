"""What a customer's own limits leave, in money and minutes, which may be less than they have. Asked by `billing.budget`."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from math import ceil
from typing import Any

from django.db import connection
from django.utils.translation import gettext as _

from billing.ledger.states import CALL_SALES, SALES
from billing.limit_names import full_name
from core import days
from core.errors import LimitReached
from core.time_words import describe_time
from customers.models import Customer, SpendingLimit
from customers.states import LimitMeasure, LimitPeriod

_MINUTE = 60

# What was sold since then came to: sums by quarter hour, with one of which each period begins. Corrected, and without what was given
# back of it, which is read from the entries: it is rare. A refund or correction of something sold before belongs to the span of the
# sale, and frees nothing of this one.
_SPENT = """
SELECT coalesce(-sum(moved.minor), 0) FROM (
    SELECT q.amount_minor AS minor
      FROM ledger_account a
      JOIN ledger_accountquarterhour q ON q.account_id = a.id AND q.begins_at >= w.since
     WHERE a.kind = 'wallet' AND a.customer_id = %(customer)s
     UNION ALL
    SELECT e.amount_minor
      FROM ledger_transaction t
      JOIN ledger_entry e ON e.transaction_id = t.id
      JOIN ledger_account a ON a.id = e.account_id AND a.kind = 'wallet' AND a.customer_id = %(customer)s
     WHERE t.customer_id = %(customer)s AND t.created_at >= w.since AND t.kind IN ('refund', 'adjustment')
       AND (t.kind = 'refund' AND (SELECT s.created_at FROM ledger_transaction s WHERE s.id = t.reverses_id) >= w.since
            OR t.kind = 'adjustment' AND t.reverses_id IS NOT NULL  -- a refund taken back
               AND (SELECT s.created_at FROM ledger_transaction r JOIN ledger_transaction s ON s.id = r.reverses_id
                     WHERE r.id = t.reverses_id) >= w.since
            OR t.kind = 'adjustment' AND t.reverses_id IS NULL AND t.reference <> ''
               AND coalesce((SELECT min(s.created_at) FROM ledger_transaction s
                              WHERE s.reference = t.reference AND s.reference <> '' AND s.kind = ANY(%(sales)s))
                            >= w.since, true))
) AS moved
"""

# Seconds of the calls that were settled since then, but for those whose whole charge was given back, and the granted
# seconds of the one that runs, unless it is the one that asks.
_TALKED = """
SELECT coalesce(sum(c.charged_seconds), 0)
       + coalesce((SELECT sum(o.granted_seconds) FROM billing_authorization o
                    WHERE o.customer_id = %(customer)s AND o.state = 'open' AND o.id <> %(own_call)s), 0)
  FROM billing_authorization c
 WHERE c.customer_id = %(customer)s AND c.settled_at >= w.since AND c.charged_seconds > 0
   AND NOT EXISTS (
       SELECT FROM ledger_transaction s WHERE s.reference = c.reference AND s.reference <> '' AND s.kind = ANY(%(calls)s)
       HAVING count(*) > 0 AND (
           SELECT sum(e.amount_minor) FROM ledger_transaction t JOIN ledger_entry e ON e.transaction_id = t.id
             JOIN ledger_account a ON a.id = e.account_id AND a.kind = 'wallet'
            WHERE t.reference = c.reference AND t.reference <> '') >= 0)
"""

_USED = f"""
SELECT CASE WHEN w.is_money THEN ({_SPENT}) ELSE ({_TALKED}) END
  FROM unnest(%(money)s::boolean[], %(since)s::timestamptz[]) WITH ORDINALITY AS w (is_money, since, place)
 ORDER BY w.place
"""  # noqa: S608 (no input)


@dataclass(frozen=True, slots=True)
class LimitLeft:
    """One limit that holds now. `left` is what it leaves until `ends_at`, minor units or seconds; never below 0."""

    period: LimitPeriod
    measure: LimitMeasure
    amount: int  # minor units or minutes
    left: int
    ends_at: datetime

    @property
    def is_money(self) -> bool:
        return self.measure == LimitMeasure.MONEY


def limits_left(
    customer: Customer, at: datetime, held_minor: int, own_call: int | None
) -> tuple[LimitLeft, ...]:
    """What each of the customer's limits leaves: two statements, none where there never was a limit. Needs the user loaded.

    `held_minor` is held for other calls than `own_call` (the id of its authorization), and counts as spent.
    """
    if not customer.has_limits:
        return ()
    rows = SpendingLimit.objects.filter(customer_id=customer.pk).order_by("id")
    holding = [(row, amount) for row in rows if (amount := row.amount_at(at)) is not None]
    spans = [row.period_at(at, customer) for row, _ in holding]
    asked = [
        (row.measure == LimitMeasure.MONEY, s.begins_at) for (row, _), s in zip(holding, spans, strict=True)
    ]
    return tuple(
        _left(row, amount, used + held_minor * is_money, span.ends_at)
        for (row, amount), span, (is_money, _), used in zip(
            holding, spans, asked, _used(customer, asked, own_call), strict=True
        )
    )


def spent_this_month_minor(customer: Customer, at: datetime) -> int:
    """What the customer spent since the first of the month, in their time zone."""
    return _used(customer, [(True, days.start_of_month(at, customer.user.time_zone))], None)[0]


def reached(customer: Customer, limit: LimitLeft, at: datetime) -> LimitReached:
    """The error that says which limit is in the way, and until when."""
    until = describe_time(limit.ends_at, at, customer.user.time_zone)
    return LimitReached(
        _("You’ve reached your %(limit)s. It starts over %(until)s.")
        % {"limit": full_name(limit.period, limit.measure), "until": until},
        retry_after_seconds=max(1, ceil((limit.ends_at - at).total_seconds())),
        retry_at=limit.ends_at.isoformat(),
        limit_period=str(limit.period),
        limit_measure=str(limit.measure),
    )


def _left(row: SpendingLimit, amount: int, used: int, ends_at: datetime) -> LimitLeft:
    measure = LimitMeasure(row.measure)
    most = amount if measure == LimitMeasure.MONEY else amount * _MINUTE
    return LimitLeft(LimitPeriod(row.period), measure, amount, max(0, most - used), ends_at)


def _used(customer: Customer, spans: Sequence[tuple[bool, datetime]], own_call: int | None) -> list[int]:
    """What was spent (or, where the first is False, talked in seconds) since each of these times."""
    if not spans:
        return []
    values: dict[str, Any] = {
        "customer": customer.pk,
        "sales": [str(kind) for kind in SALES],
        "calls": [str(kind) for kind in CALL_SALES],
        "own_call": own_call or 0,
        "money": [is_money for is_money, _ in spans],
        "since": [since for _, since in spans],
    }
    with connection.cursor() as cursor:
        cursor.execute(_USED, values)
        return [int(used) for (used,) in cursor.fetchall()]
