"""In which hours of the week operators earn, out of the ledger: counted anew each night for all of them.

A sale belongs to the hour in which it was charged, where the operator lives: a call to that of its end. The hour that a clock change
repeats counts as one. Refunds and corrections, which staff make at other hours, are left out.
"""

from datetime import datetime, timedelta

from django.db import connection

from billing.ledger.states import CALL_SALES, SALES, AccountKind, TransactionKind
from core import clock
from core.db import transactional

WEEKS = 8
_MORE_THAN_ANY_ZONE = timedelta(days=2)
# Whole days up to the last midnight there, so that each weekday counts as often as any other.
_COUNT = """
WITH sold AS (
    SELECT account.operator_id, entry.amount_minor, sale.kind, sale.reference,
           sale.created_at AT TIME ZONE person.time_zone AS at,
           date_trunc('day', %(now)s AT TIME ZONE person.time_zone) AS today
      FROM ledger_transaction AS sale
      JOIN ledger_entry AS entry ON entry.transaction_id = sale.id
      JOIN ledger_account AS account ON account.id = entry.account_id AND account.kind = %(payable)s
      JOIN operators_operator AS operator ON operator.id = account.operator_id
      JOIN customers_user AS person ON person.id = operator.user_id
     WHERE sale.created_at >= %(since)s AND sale.kind = ANY (%(kinds)s)
), counted AS (
    SELECT operator_id, extract(isodow FROM at)::int - 1 AS weekday, extract(hour FROM at)::int AS hour,
           count(DISTINCT reference) FILTER (WHERE kind = ANY (%(of_calls)s)) AS calls,
           sum(amount_minor) AS earned_minor
      FROM sold WHERE at < today AND at >= today - %(days)s * interval '1 day'
     GROUP BY 1, 2, 3
), gone AS (
    DELETE FROM operators_operatorhour AS known
     WHERE NOT EXISTS (
        SELECT FROM counted
         WHERE (counted.operator_id, counted.weekday, counted.hour) = (known.operator_id, known.weekday, known.hour)
     )
)
INSERT INTO operators_operatorhour AS known (operator_id, weekday, hour, calls, earned_minor)
SELECT operator_id, weekday, hour, calls, earned_minor FROM counted ORDER BY 1, 2, 3
ON CONFLICT (operator_id, weekday, hour) DO UPDATE
   SET calls = excluded.calls, earned_minor = excluded.earned_minor
 WHERE (known.calls, known.earned_minor) <> (excluded.calls, excluded.earned_minor)
"""


@transactional
def count_hours(*, at: datetime | None = None) -> int:
    """Count the last `WEEKS` weeks as of `at`; returns how many hours changed or are new."""
    now = at or clock.now()
    of_calls = [*CALL_SALES, TransactionKind.PROMO]
    with connection.cursor() as cursor:
        cursor.execute(
            _COUNT,
            {
                "now": now,
                "since": now - timedelta(weeks=WEEKS) - _MORE_THAN_ANY_ZONE,
                "days": WEEKS * 7,
                "payable": AccountKind.PAYABLE,
                "kinds": [*SALES, TransactionKind.PROMO],
                "of_calls": of_calls,
            },
        )
        return int(cursor.rowcount)
