"""Reads that Django composes once a process, for what is asked with every push and every balance check.

To compose such a statement costs several times as much as to run it. Its plan is kept as that of every statement
(`DATABASE_PREPARE_AFTER`).
"""

from collections.abc import Callable
from functools import cached_property
from typing import Any, Generic, TypeVar

from django.db import connection
from django.db.models import Model, QuerySet
from django.db.models.sql.compiler import SQLCompiler

from core.row_reader import RowReader

M = TypeVar("M", bound=Model)
N = TypeVar("N", bound=Model)


class ComposedQuery(Generic[M]):
    """The first row, in no order, of a query that differs from one time to the next in its values alone.

    `compose` makes it of `samples`. Each sample is unlike any other value in the query, so that its places can be found again.
    """

    def __init__(self, compose: Callable[..., QuerySet[M]], **samples: Any) -> None:
        self._compose = compose
        self._samples = samples

    def first(self, **values: Any) -> M | None:
        """The row for `values`, which have the names of the samples; None without one."""
        with connection.cursor() as cursor:
            cursor.execute(self.statement, self.parameters(values))
            row = cursor.fetchone()
        return None if row is None else self.rows.instance(row)

    @property
    def statement(self) -> str:
        """Its text, with a place for each of `parameters`."""
        return self._composed[1]

    def parameters(self, values: dict[str, Any]) -> list[Any]:
        """What goes to the places of the statement."""
        return [place(values) for place in self._places]

    @cached_property
    def rows(self) -> RowReader[M]:
        """What makes the model's rows of those of the database."""
        return RowReader(self._composed[0])

    @cached_property
    def _composed(self) -> tuple[SQLCompiler, str, list[Any]]:
        queryset = self._compose(**self._samples).order_by()[:1]
        compiler = queryset.query.get_compiler(connection=connection)
        statement, parameters = compiler.as_sql()
        return compiler, statement, list(parameters)

    @cached_property
    def _places(self) -> list[Callable[[dict[str, Any]], Any]]:
        names = {sample: name for name, sample in self._samples.items()}
        return [_place(names.get(parameter), parameter) for parameter in self._composed[2]]


def _place(name: str | None, parameter: Any) -> Callable[[dict[str, Any]], Any]:
    """What a place of the statement is filled with. Numbers keep their width, which is part of what is prepared."""
    if name is None:
        return lambda values: parameter
    if isinstance(parameter, int):
        width = type(parameter)
        return lambda values: width(values[name])
    return lambda values: values[name]


class ComposedPair(Generic[M, N]):
    """The first rows of two such queries, read by one statement."""

    def __init__(self, one: ComposedQuery[M], other: ComposedQuery[N]) -> None:
        self._one, self._other = one, other

    def first(self, **values: Any) -> tuple[M | None, N | None]:
        """The row of each for `values`, which have the names of the samples of both."""
        with connection.cursor() as cursor:
            cursor.execute(self._statement, [*self._one.parameters(values), *self._other.parameters(values)])
            row = cursor.fetchone()
        first, second = row[: self._one.rows.columns], row[self._one.rows.columns :]
        return (
            None if self._one.rows.is_empty(first) else self._one.rows.instance(first),
            None if self._other.rows.is_empty(second) else self._other.rows.instance(second),
        )

    @cached_property
    def _statement(self) -> str:
        """Columns of the two are renamed, because both may have an `id`."""
        tables = [
            f"LEFT JOIN ({query.statement}) AS {name} ({', '.join(f'{name}{n}' for n in range(query.rows.columns))}) ON true"
            for name, query in (("a", self._one), ("b", self._other))
        ]
        return f"SELECT a.*, b.* FROM (SELECT) AS nothing {' '.join(tables)}"  # noqa: S608 (texts of Django's)
