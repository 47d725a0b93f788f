"""A read that Django composes once and PostgreSQL plans once: for reads with many joins that happen with every push.

To compose such a statement costs several times as much as to run it, and so does its plan.
"""

from functools import cached_property
from typing import Any, Generic, TypeVar
from weakref import WeakSet

from django.db import connection
from django.db.models import Model, QuerySet
from django.db.models.query import get_related_populators
from django.db.models.sql.compiler import SQLCompiler

M = TypeVar("M", bound=Model)


class PlannedQuery(Generic[M]):
    """The row of `queryset` whose `key` field has the value asked for, with what `select_related` and `only` name.

    Each connection plans the statement at its first use, under `name`. For connections that keep their session, which
    pools in front of the server may not.
    """

    def __init__(self, name: str, queryset: QuerySet[M], key: str) -> None:
        self._name = name
        self._queryset = queryset.order_by()
        self._key = key
        self._planned_by: WeakSet[Any] = WeakSet()

    def first(self, value: Any) -> M | None:
        """The first row, None without one."""
        with connection.cursor() as cursor:
            if connection.connection not in self._planned_by:
                cursor.execute(self._prepare_statement())
                self._planned_by.add(connection.connection)
            cursor.execute(f"EXECUTE {self._name} (%s)", [value])
            row = cursor.fetchone()
        return None if row is None else self._instance(row)

    @cached_property
    def _composed(self) -> tuple[SQLCompiler, str, list[Any]]:
        """The statement with the key as its last parameter, and the values of the others."""
        compiler = self._queryset.filter(**{self._key: 0}).query.get_compiler(connection=connection)
        sql, (*others, _) = compiler.as_sql()
        return compiler, sql, others

    def _prepare_statement(self) -> str:
        """The other values are written out: the planner has to see that a partial index has all the rows."""
        _, sql, others = self._composed
        before_key, after_key = sql.rsplit("%s", 1)
        text = connection.ops.compose_sql(f"{before_key}$1{after_key}", others)  # type: ignore[attr-defined]  # PostgreSQL's
        return f"PREPARE {self._name} AS {text}"

    @cached_property
    def _row_format(self) -> tuple[dict[int, Any], slice, list[str], list[Any]]:
        """What makes instances of the columns, as in Django's ModelIterable: converters, the model's own columns and
        their attributes, the related rows.
        """
        compiler = self._composed[0]
        converters = compiler.get_converters([expression for expression, *_ in compiler.select])
        columns = compiler.klass_info["select_fields"]
        own = slice(columns[0], columns[-1] + 1)
        names = [expression.target.attname for expression, *_ in compiler.select[own]]
        related = get_related_populators(compiler.klass_info, compiler.select, connection.alias)  # type: ignore[call-arg]  # the stubs are of Django 6
        return converters, own, names, related

    def _instance(self, row: tuple[Any, ...]) -> M:
        converters, own, names, related = self._row_format
        (values,) = self._composed[0].apply_converters([row], converters)
        instance = self._queryset.model.from_db(connection.alias, names, values[own])
        for populator in related:
            populator.populate(values, instance)
        return instance
