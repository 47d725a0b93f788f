"""How many of an operator's customers come back, as a part of their place in the directory: counted each night for all of them.

Nobody can read off it what one customer did: it is counted with ten customers more, of whom three came back, and kept as a
whole number up to `MOST_POINTS` that only the operator's own dashboard shows.
"""

from django.db import connection

from core.db import transactional
from operators.models.operator import NOBODYS_POINTS
from operators.statistics import REPEAT_FROM

MOST_POINTS = 100  # hundredths of a star: if everybody came back
_MORE_CUSTOMERS = 10
_MORE_RETURNING = _MORE_CUSTOMERS * NOBODYS_POINTS // MOST_POINTS
_COUNT = """
WITH counted AS (
    SELECT operator_id,
        count(*) FILTER (WHERE calls + chats > 0) AS customers,
        count(*) FILTER (WHERE calls + chats >= %(repeat_from)s) AS came_back
    FROM operators_interaction GROUP BY operator_id
), points AS (
    SELECT operator_id,
        round(%(most)s * (came_back + %(more_returning)s) / (customers + %(more_customers)s)::numeric) AS points
    FROM counted
)
UPDATE operators_operator AS operator SET returning_points = points.points
FROM points WHERE points.operator_id = operator.id AND operator.returning_points <> points.points
"""


@transactional
def count_returning() -> int:
    """Count anew; returns how many operators' figures changed."""
    with connection.cursor() as cursor:
        cursor.execute(
            _COUNT,
            {
                "repeat_from": REPEAT_FROM,
                "most": MOST_POINTS,
                "more_returning": _MORE_RETURNING,
                "more_customers": _MORE_CUSTOMERS,
            },
        )
        return cursor.rowcount
