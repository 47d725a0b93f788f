"""Transactions that may lose a race and try again."""

import functools
import random
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import ParamSpec, TypeVar

from django.db import InterfaceError, OperationalError, connection, transaction

P = ParamSpec("P")
R = TypeVar("R")

SERIALIZATION_FAILURE, DEADLOCK, LOCK_NOT_AVAILABLE = "40001", "40P01", "55P03"
ATTEMPTS = 5


def transactional(function: Callable[P, R]) -> Callable[P, R]:
    """Run a service in one transaction; after a deadlock or serialization failure run it again, at most 5 times.

    Inside another transaction it joins that one (a savepoint could not heal a serialization failure), so the
    outermost service is the one that tries again.
    """

    @functools.wraps(function)
    def run(*args: P.args, **kwargs: P.kwargs) -> R:
        if connection.in_atomic_block:
            return function(*args, **kwargs)
        for attempt in range(1, ATTEMPTS + 1):
            try:
                with transaction.atomic():
                    return function(*args, **kwargs)
            except OperationalError as error:
                if sqlstate(error) not in (SERIALIZATION_FAILURE, DEADLOCK) or attempt == ATTEMPTS:
                    raise
                time.sleep(random.uniform(0.005, 0.02) * 2**attempt)  # noqa: S311 (no secret)
        raise AssertionError("unreachable")

    return run


def is_unavailable(error: BaseException | None) -> bool:
    """Whether the database is the cause: gone, starting, full, out of connections, or too slow. Trying again later helps."""
    while error is not None:
        if isinstance(error, OperationalError | InterfaceError):
            return True
        error = error.__cause__ or error.__context__
    return False


def sqlstate(error: Exception) -> str | None:
    """PostgreSQL's five-character code behind one of Django's database errors."""
    return getattr(error.__cause__, "sqlstate", None)


def constraint(error: Exception) -> str | None:
    """The name of the constraint that refused, behind one of Django's IntegrityErrors."""
    diagnostics = getattr(error.__cause__, "diag", None)
    return getattr(diagnostics, "constraint_name", None)


@contextmanager
def advisory_lock(name: str) -> Iterator[None]:
    """Hold PostgreSQL's session lock of this name; others wait. Freed by the server if we die.

    Not for the inside of a long transaction; two names share a lock with a chance of 2⁻⁶⁴.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(hashtextextended(%s, 0))", [name])
        try:
            yield
        finally:
            cursor.execute("SELECT pg_advisory_unlock(hashtextextended(%s, 0))", [name])


def dry_run(function: Callable[[], R]) -> R:
    """Run a service and take back all that it wrote: its answer, or its refusal, is what would come of it now."""
    with transaction.atomic():
        result = function()
        transaction.set_rollback(True)
    return result
