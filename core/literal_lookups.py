"""Conditions on a state, a kind, nothing, or zero, written into the statement instead of beside it.

PostgreSQL uses a partial index (of wallets, of live calls) only where it sees that the condition of the index holds. A prepared
statement has one plan for all values, so there it sees nothing of what comes as a value. Such constants are few: a statement
has as many texts as the code has conditions.
"""

from collections.abc import Iterable
from functools import lru_cache
from typing import Any

from django.db.models import CharField, IntegerField, TextField
from django.db.models.fields import Field
from django.db.models.lookups import (
    Exact,
    In,
    IntegerFieldExact,
    IntegerGreaterThan,
    IntegerGreaterThanOrEqual,
    IntegerLessThan,
    IntegerLessThanOrEqual,
    Lookup,
)

MOST_CHOICES = 40  # a state or a kind has fewer; a list of countries is no constant of the code


def literal(field: Any, value: Any) -> str | None:
    """SQL for a constant compared to `field`: one of its choices, an empty text, or 0. None for what is a value."""
    if isinstance(field, IntegerField):
        return "0" if isinstance(value, int) and not isinstance(value, bool) and value == 0 else None
    if not isinstance(value, str) or not isinstance(field, CharField | TextField):
        return None
    return "''" if value == "" else _choices(field).get(str(value))


@lru_cache(maxsize=1000)
def _choices(field: Any) -> dict[str, str]:
    """What `field` may hold → SQL for it; nothing where anything may be, or too much."""
    names = [str(choice) for choice, _ in field.flatchoices]
    if len(names) > MOST_CHOICES:
        return {}
    return {name: f"'{name}'" for name in names if name.isascii() and name.replace("_", "").isalnum()}


class _Literal(Lookup[Any]):
    """What is compared with, as a literal if it is a constant."""

    def process_rhs(self, compiler: Any, connection: Any) -> tuple[str, tuple[str | int, ...]]:
        sql, values = super().process_rhs(compiler, connection)
        if sql == "%s" and len(values) == 1:
            text = literal(self.lhs.output_field, values[0])
            if text is not None:
                return text, ()
        return sql, tuple(values)


class _LiteralIn(In[Any]):
    """The same for each of several, all constants."""

    def batch_process_rhs(self, compiler: Any, connection: Any, rhs: Any = None) -> tuple[Any, Any]:
        places, values = super().batch_process_rhs(compiler, connection, rhs)
        texts = [literal(self.lhs.output_field, value) for value in values]
        if len(places) != len(values) or any(text is None for text in texts):
            return places, values
        return tuple(sorted(text for text in texts if text)), ()


def _register(field: type[Field[Any, Any]], lookups: Iterable[type[Lookup[Any]]]) -> None:
    for lookup in lookups:
        field.register_lookup(type(f"Literal{lookup.__name__}", (_Literal, lookup), {}))


def register() -> None:
    """From now on every query says its constants. Called once, before any is made."""
    for text in (CharField, TextField):
        _register(text, [Exact])
        text.register_lookup(_LiteralIn)
    _register(
        IntegerField,
        [
            IntegerFieldExact,
            IntegerGreaterThan,
            IntegerGreaterThanOrEqual,
            IntegerLessThan,
            IntegerLessThanOrEqual,
        ],
    )
