"""Counts of several lists in one statement."""

from django.db import connection
from django.db.models import Model, QuerySet


def count_up_to(most: int, **lists: QuerySet[Model]) -> dict[str, int]:
    """How many rows each list has, by its name; `most` where there are as many or more, so that no more are read."""
    parts, values = [], []
    for rows in lists.values():
        sql, parameters = (
            rows.order_by()
            .values("pk")[:most]
            .query.get_compiler(connection=connection, elide_empty=False)
            .as_sql()
        )
        parts.append(f"(SELECT count(*) FROM ({sql}) rows)")  # noqa: S608 (composed by Django)
        values += parameters
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {', '.join(parts)}", values)
        row = cursor.fetchone()
    assert row is not None, "one row of as many counts"
    return dict(zip(lists, map(int, row), strict=True))
