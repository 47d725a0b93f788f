"""Makes models' rows of what a statement read that was composed before, as Django's ModelIterable does."""

from collections.abc import Sequence
from typing import Any, Generic, TypeVar

from django.db import connection
from django.db.models import Model
from django.db.models.query import get_related_populators
from django.db.models.sql.compiler import SQLCompiler

M = TypeVar("M", bound=Model)


class RowReader(Generic[M]):
    """Of the statement that `compiler` has composed: the model's own columns, related rows, and annotations."""

    def __init__(self, compiler: SQLCompiler) -> None:
        self._compiler = compiler
        self._model: type[M] = compiler.query.model  # type: ignore[assignment]
        self._converters = compiler.get_converters([expression for expression, *_ in compiler.select])
        columns = compiler.klass_info["select_fields"]
        self._own = slice(columns[0], columns[-1] + 1)
        self._names = [expression.target.attname for expression, *_ in compiler.select[self._own]]
        self._related = get_related_populators(compiler.klass_info, compiler.select, connection.alias)  # type: ignore[call-arg]  # the stubs are of Django 6
        self._key = columns[0] + self._names.index(self._model._meta.pk.attname)
        self.columns = len(compiler.select)  # how many it reads

    def is_empty(self, row: Sequence[Any]) -> bool:
        """Whether an outer join had no row for this."""
        return row[self._key] is None

    def instance(self, row: Sequence[Any]) -> M:
        """The model's row that this row of the database is, with what was read along."""
        (values,) = self._compiler.apply_converters([row], self._converters)
        instance = self._model.from_db(connection.alias, self._names, values[self._own])
        for populator in self._related:
            populator.populate(values, instance)
        for name, column in self._compiler.annotation_col_map.items():
            setattr(instance, name, values[column])
        return instance
