"""Statements and their values go to PostgreSQL apart, so that what is asked again and again is parsed and planned once a connection.

The cursor of every process that serves (`aeims.database_settings`); migrations work with Django's own.
"""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any, Self

from django.db.backends.postgresql.features import DatabaseFeatures
from django.db.backends.postgresql.operations import DatabaseOperations
from django.db.models import IntegerField
from django.db.models.lookups import In
from psycopg import ClientCursor, Cursor, _queries, adapters
from psycopg.adapt import Dumper
from psycopg.types.numeric import (
    Int2,
    Int2BinaryDumper,
    Int4,
    Int4BinaryDumper,
    Int8,
    Int8BinaryDumper,
    IntBinaryDumper,
)

MOST_VALUES = 2**16 - 1  # beside one statement: PostgreSQL's protocol counts them in two bytes
MANY_NUMBERS = 1_000  # in one list: from here on they are one value, an array
LONGEST_KEPT, MOST_KEPT = 16_384, 500  # statements whose places psycopg finds once: their bytes, their number

# pghistory says in front of a statement who changes something. Two statements at once take no values beside them.
_TWO_STATEMENTS = "SELECT set_config('pghistory."


class ServingCursor(Cursor[Any]):
    """psycopg's, which writes the values into the text where the text is two statements."""

    def execute(self, query: Any, params: Any = None, **options: Any) -> Self:
        if isinstance(query, str) and query.startswith(_TWO_STATEMENTS):
            query, params = ClientCursor(self.connection).mogrify(query, params), None
            options["prepare"] = False
        return super().execute(query, params, **options)


class _WideEnough(Dumper):
    """Sends an integer of a narrow type, and one that such a type cannot hold as bigint.

    Django takes a bare number of an expression to be of four bytes, and psycopg cuts what is above to its lower ones: of 2**63 - 1
    it left -1. As bigint it is what it is, and PostgreSQL refuses it where a column is too narrow for it.
    """

    bits: int

    def get_key(self, obj: Any, format: Any) -> Any:  # noqa: A002 (psycopg's name)
        return super().get_key(obj, format) if self._fits(obj) else Int8

    def upgrade(self, obj: Any, format: Any) -> Dumper:  # noqa: A002 (psycopg's name)
        return super().upgrade(obj, format) if self._fits(obj) else Int8BinaryDumper(Int8)

    def _fits(self, number: int) -> bool:
        limit = 1 << (self.bits - 1)
        return -limit <= number < limit


class _Int2(_WideEnough, Int2BinaryDumper):
    bits = 16


class _Int4(_WideEnough, Int4BinaryDumper):
    bits = 32


class _Int(IntBinaryDumper):
    """psycopg's for numbers of any size, which leaves the narrow types to dumpers that it keeps for all parameters of a statement."""

    _int2_dumper = _Int2(Int2)
    _int4_dumper = _Int4(Int4)


class _NumberIn(In):
    """`__in` of many numbers as one value, however many there are."""

    def as_sql(self, compiler: Any, connection: Any) -> Any:
        is_long = self.rhs_is_direct_value() and len(self.rhs) > MANY_NUMBERS
        if not is_long or not all(isinstance(number, int) for number in self.rhs):
            return super().as_sql(compiler, connection)
        sql, values = self.process_lhs(compiler, connection)
        return f"{sql} = ANY(%s)", (*values, [int(number) for number in self.rhs])


def _batch_size(self: DatabaseOperations, fields: Sequence[Any], objs: Sequence[Any]) -> int:
    """How many rows go into one statement of `bulk_create`; Django counts no values for PostgreSQL before 6.0."""
    return max(1, MOST_VALUES // len(fields)) if fields else len(objs)


def register() -> None:
    """For all connections that are opened from now on."""
    setattr(DatabaseFeatures, "max_query_params", MOST_VALUES)  # noqa: B010 (Django's stubs take it for a method)
    setattr(DatabaseOperations, "bulk_batch_size", _batch_size)  # noqa: B010
    IntegerField.register_lookup(_NumberIn)
    # psycopg's own bounds, 4096 bytes and 128 statements, leave out those with many joins, which are asked most.
    setattr(_queries, "MAX_CACHED_STATEMENT_LENGTH", LONGEST_KEPT)  # noqa: B010 (a constant to mypy)
    setattr(_queries, "_query2pg", lru_cache(MOST_KEPT)(_queries._query2pg_nocache))  # noqa: B010
    adapters.register_dumper(int, _Int)
    adapters.register_dumper(Int2, _Int2)
    adapters.register_dumper(Int4, _Int4)
