"""How many of the calls that rang an operator's phone they took, as a part of their place in the directory: counted each
night for all of them, beside the customers who come back (`operators.services.count_returning`).

Counted are joined calls, and those that rang and ended by the operator's doing (`telephony.responsibility`): not answered,
declined, no key. A call that the customer canceled, or that failed, says nothing about the operator.
"""

from datetime import timedelta

from django.db import connection

from core import clock
from core.db import transactional
from operators.models.operator import NOBODYS_ANSWER_POINTS
from telephony.responsibility import Cause, caused_by

MOST_POINTS = 100  # hundredths of a star: if every call was taken
LEAST_CALLS = 10  # fewer count for nothing
DAYS = 30
_MORE_CALLS = 10
_MORE_TAKEN = _MORE_CALLS * NOBODYS_ANSWER_POINTS // MOST_POINTS
# Calls are numbered as they begin: of the others, only the last one before is looked at.
_COUNT = """
WITH earlier AS (
    SELECT id FROM telephony_call WHERE initiated_at <= %(since)s ORDER BY id DESC LIMIT 1
), counted AS (
    SELECT operator_id, count(*) AS calls, count(joined_ms) AS taken
    FROM telephony_call
    WHERE id > coalesce((SELECT id FROM earlier), 0) AND initiated_at > %(since)s
        AND (joined_ms IS NOT NULL OR operator_ringing_at IS NOT NULL AND end_reason = ANY(%(not_taken)s))
    GROUP BY operator_id HAVING count(*) >= %(least_calls)s
), points AS (
    SELECT operator.id, coalesce(
        round(%(most)s * (taken + %(more_taken)s) / (calls + %(more_calls)s)::numeric), %(nobodys)s
    ) AS points
    FROM operators_operator AS operator LEFT JOIN counted ON counted.operator_id = operator.id
)
UPDATE operators_operator AS operator SET answer_points = points.points
FROM points WHERE points.id = operator.id AND operator.answer_points <> points.points
"""


@transactional
def count_answers() -> int:
    """Count the last `DAYS` anew; returns how many operators' figures changed."""
    with connection.cursor() as cursor:
        cursor.execute(
            _COUNT,
            {
                "since": clock.now() - timedelta(days=DAYS),
                "not_taken": [str(reason) for reason in caused_by(Cause.OPERATOR)],
                "least_calls": LEAST_CALLS,
                "most": MOST_POINTS,
                "nobodys": NOBODYS_ANSWER_POINTS,
                "more_taken": _MORE_TAKEN,
                "more_calls": _MORE_CALLS,
            },
        )
        changed: int = cursor.rowcount
    return changed
