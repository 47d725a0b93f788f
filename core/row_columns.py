"""The columns of a model in a statement that is written by hand, and the instance that their values make."""

from collections.abc import Callable, Sequence
from functools import cached_property
from typing import Any, Generic, TypeVar

from django.db import connection
from django.db.models import Model

from core.row_reader import loaded

M = TypeVar("M", bound=Model)


class RowColumns(Generic[M]):
    """All columns of `model`, whose table the statement calls `alias`."""

    def __init__(self, model: type[M], alias: str) -> None:
        self._model = model
        self._alias = alias
        self._fields = model._meta.concrete_fields
        self._names = [field.attname for field in self._fields]
        self._key = self._names.index(str(model._meta.pk and model._meta.pk.attname))

    def __len__(self) -> int:
        return len(self._fields)

    @property
    def sql(self) -> str:
        """The list for SELECT."""
        return ", ".join(
            f"{self._alias}.{connection.ops.quote_name(str(field.column))}" for field in self._fields
        )

    @property
    def table(self) -> str:
        """Table and alias, for FROM."""
        return f"{connection.ops.quote_name(self._model._meta.db_table)} {self._alias}"

    def instance(self, values: Sequence[Any]) -> M | None:
        """The row that these values are; None where an outer join found none."""
        if values[self._key] is None:
            return None
        row = list(values)
        for at, expression, converters in self._converters:
            for convert in converters:
                row[at] = convert(row[at], expression, connection)
        return loaded(self._model, self._names, row)

    @cached_property
    def _converters(self) -> list[tuple[int, Any, list[Callable[..., Any]]]]:
        """As Django's compiler collects them: of the database, then of the field."""
        columns = []
        for at, field in enumerate(self._fields):
            expression = field.get_col(self._alias)
            of_database = connection.ops.get_db_converters(expression)
            of_field = expression.get_db_converters(connection)
            if converters := [*of_database, *of_field]:
                columns.append((at, expression, converters))
        return columns
