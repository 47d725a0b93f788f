"""A ledger whose stamps a test sets: `it_is(at)`. Needs `make_settable()` before, or the fixture `settable_ledger_clock` of `tests/portal/conftest.py`."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

from django.db import connection

from core import clock
from tests.support.database_owner import as_owner

_SETTABLE = """
ALTER TABLE ledger_transaction ALTER COLUMN created_at
  SET DEFAULT coalesce(nullif(current_setting('tests.now', true), '')::timestamptz, clock_timestamp())
"""


def make_settable() -> None:
    """The ledger stamps its rows itself; from here on the stamp can be set (undone with the test's transaction)."""
    with as_owner() as cursor:
        cursor.execute(_SETTABLE)


@contextmanager
def it_is(at: datetime) -> Iterator[None]:
    """Within: the product's clock and the ledger's say `at`."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('tests.now', %s, true)", [at.isoformat()])
    with clock.using(lambda: at):
        yield
