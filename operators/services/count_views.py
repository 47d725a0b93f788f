"""How often an operator's page is seen: one number a day and brand. Who saw it is not kept."""

import logging

from django.db import DatabaseError, connection

log = logging.getLogger(__name__)

_COUNT = """
INSERT INTO operators_profileviews AS known (operator_id, brand_id, day, views)
SELECT operator.id, %(brand)s, (clock_timestamp() AT TIME ZONE person.time_zone)::date, 1
  FROM operators_operator AS operator JOIN customers_user AS person ON person.id = operator.user_id
 WHERE operator.id = %(operator)s
ON CONFLICT (operator_id, day, brand_id) DO UPDATE SET views = known.views + 1
"""


def count_view(*, operator_id: int, brand_id: int) -> None:
    """Count one view now, on the operator's calendar day: one statement. A view that can't be counted is logged, and raises nothing."""
    try:
        with connection.cursor() as cursor:
            cursor.execute(_COUNT, {"operator": operator_id, "brand": brand_id})
    except DatabaseError:
        if connection.in_atomic_block:  # nothing works there any more
            raise
        log.warning("a view of operator %s was not counted", operator_id, exc_info=True)
