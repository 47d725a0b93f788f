"""A statement that is composed once: for reads with many joins that happen with every push or event, and what events write.

To compose such a statement costs several times as much as to run it. Its plan is kept as that of every statement
(`DATABASE_PREPARE_AFTER`).
"""

import re
from collections.abc import Sequence
from functools import cached_property
from typing import Any, Generic, TypeVar

from django.db import connection
from django.db.models import Model, QuerySet
from django.db.models.expressions import RawSQL
from django.db.models.sql.compiler import SQLCompiler

from core.row_reader import RowReader

M = TypeVar("M", bound=Model)
_PLACE = re.compile(r"\$(\d+)")


class PlannedStatement:
    """`sql` with the parameters $1, $2, ...; each may stand in several places."""

    def __init__(self, sql: str = "") -> None:
        self._sql = sql

    def execute(self, cursor: Any, values: Sequence[Any], *, before: str = "") -> None:
        """Run it. `before`: a statement that goes to the server in the same turn and takes the first value."""
        statement, places = self._bound
        arguments = [values[place] for place in places]
        if not before:
            cursor.execute(statement, arguments)
            return
        with (
            connection.cursor() as earlier,
            connection.wrap_database_errors,
            connection.connection.pipeline(),
        ):
            earlier.execute(before, values[:1])
            cursor.execute(statement, arguments)

    @property
    def sql(self) -> str:
        """What is planned."""
        return self._sql

    @cached_property
    def _bound(self) -> tuple[str, list[int]]:
        """The statement as cursors take it, and which value goes to each of its places."""
        text = _PLACE.sub("%s", self.sql.replace("%", "%%"))
        return text, [int(number) - 1 for number in _PLACE.findall(self.sql)]


def parameter(number: int) -> RawSQL:
    """The place of a value in the queryset of a PlannedQuery; the first one is 1."""
    return RawSQL(f"${number}", ())  # noqa: S611 (a number)


class PlannedQuery(PlannedStatement, Generic[M]):
    """The row of `queryset` whose `key` field has the first value asked for, with its annotations and what `select_related` and
    `only` name. Further values stand in the queryset as `parameter(2)` and so on.

    `lock`: a statement that runs in the same turn just before and takes the first value. A statement sees what was committed
    when it began, so one that waits for a lock itself would read other tables as they were before the wait.

    Without `key` the queryset says itself which rows, by its parameters. `is_ordered`: its order counts, and how many rows it takes;
    then there is no `key`.
    """

    def __init__(
        self, queryset: QuerySet[M], key: str = "", *, lock: str = "", is_ordered: bool = False
    ) -> None:
        super().__init__()
        self._queryset = queryset if is_ordered else queryset.order_by()
        self._key = key
        self._lock = lock

    def first(self, *values: Any) -> M | None:
        """The first row, None without one."""
        with connection.cursor() as cursor:
            self.execute(cursor, values, before=self._lock)
            row = cursor.fetchone()
        return None if row is None else self._rows.instance(row)

    def all(self, *values: Any) -> list[M]:
        """All rows, in no order but that of `is_ordered`."""
        with connection.cursor() as cursor:
            self.execute(cursor, values, before=self._lock)
            return [self._rows.instance(row) for row in cursor.fetchall()]

    @property
    def sql(self) -> str:
        """The values that are no parameters are written out: the planner has to see that a partial index has all the rows."""
        _, sql, others = self._composed
        return str(connection.ops.compose_sql(sql, others))  # type: ignore[attr-defined]  # PostgreSQL's

    @cached_property
    def _composed(self) -> tuple[SQLCompiler, str, list[Any]]:
        """The statement, and the values in it that are no parameters."""
        only = {self._key: parameter(1)} if self._key else {}
        compiler = self._queryset.filter(**only).query.get_compiler(connection=connection)
        sql, others = compiler.as_sql()
        return compiler, sql, list(others)

    @cached_property
    def _rows(self) -> RowReader[M]:
        return RowReader(self._composed[0])
