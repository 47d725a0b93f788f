"""Tests serve as the product does, in a role that owns nothing. What a test forges, it forges as the owner, and says so."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection
from django.db.backends.utils import CursorWrapper
from psycopg.pq import TransactionStatus


@contextmanager
def as_owner() -> Iterator[CursorWrapper]:
    """Within: this thread's connection, in the transaction it is in, has the rights of the owner of the tables."""
    with connection.cursor() as cursor:
        cursor.execute("SHOW role")
        before = cursor.fetchone()[0]
        cursor.execute("RESET ROLE")
        try:
            yield cursor
        finally:
            _set(cursor, f'ROLE "{before}"' if before != "none" else "ROLE NONE")


@contextmanager
def as_owner_past_guards() -> Iterator[CursorWrapper]:
    """Within: as the owner, with triggers and foreign keys asleep."""
    with as_owner() as cursor:
        cursor.execute("SET session_replication_role = replica")
        try:
            yield cursor
        finally:
            _set(cursor, "session_replication_role = DEFAULT")


def recount_quarter_hours() -> None:
    """After postings were moved in time, or copied, past the functions that post: sums of the time follow."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT sum(ledger_recount_quarter_hours(id)) FROM ledger_account")


def _set(cursor: CursorWrapper, setting: str) -> None:
    """After a statement that failed in a transaction nothing is left to do: the rollback brings the settings back."""
    if connection.connection.info.transaction_status != TransactionStatus.INERROR:
        cursor.execute(f"SET {setting}")
