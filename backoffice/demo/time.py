"""Time travel for the demo: services are told that it was earlier, and the ledger, which stamps its rows itself, too.

Only within one transaction of the demo's loading: elsewhere nobody sets the ledger's time.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from django.db import connection

from core import clock

NEW_YORK = ZoneInfo("America/New_York")
_TOLD = "coalesce(nullif(current_setting('aeims.demo_now', true), '')::timestamptz, clock_timestamp())"


@contextmanager
def a_past() -> Iterator[None]:
    """Let the ledger's stamp follow `it_was`."""
    _stamp_by(_TOLD)
    yield
    _stamp_by("clock_timestamp()")


def _stamp_by(default: str) -> None:
    """Deferred checks are made before the table is altered, which would be refused otherwise."""
    alter = f"ALTER TABLE ledger_transaction ALTER COLUMN created_at SET DEFAULT {default}"
    with connection.cursor() as cursor:
        cursor.execute(f"SET CONSTRAINTS ALL IMMEDIATE; {alter}; SET CONSTRAINTS ALL DEFERRED")


@contextmanager
def it_was(at: datetime) -> Iterator[None]:
    """Inside `a_past`: it is `at`."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('aeims.demo_now', %s, true)", [at.isoformat()])
        with clock.reading(lambda: at):
            yield
        cursor.execute("SELECT set_config('aeims.demo_now', '', true)")


def evening(days: int, hour: int, minute: int = 0) -> datetime:
    """That hour, so many days ago, in New York; never later than a minute ago."""
    at = clock.now().astimezone(NEW_YORK) - timedelta(days=days)
    return min(
        at.replace(hour=hour, minute=minute, second=0, microsecond=0), clock.now() - timedelta(minutes=1)
    )
