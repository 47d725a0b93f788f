"""Time travel for the demo: services are told that it was earlier, and the ledger, which stamps its rows itself, too.

Only within one transaction of the demo's loading: elsewhere nobody sets the ledger's time. What happened is told from
the first to the last, for in real books ids and times grow together.
"""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from django.db import connection

from core import clock

NEW_YORK = ZoneInfo("America/New_York")
_TOLD = "coalesce(nullif(current_setting('aeims.demo_now', true), '')::timestamptz, clock_timestamp())"
Happening = tuple[datetime, Callable[[], object]]


def tell(happened: Iterable[Happening]) -> None:
    """Let it all happen at its time, the oldest first."""
    in_order = sorted(happened, key=lambda happening: happening[0])
    if not in_order:
        return
    _stamp_by(_TOLD)
    for at, happen in in_order:
        with it_was(at):
            happen()
    _stamp_by("clock_timestamp()")


def _stamp_by(default: str) -> None:
    """Deferred checks are made before the table is altered, which would be refused otherwise."""
    alter = f"ALTER TABLE ledger_transaction ALTER COLUMN created_at SET DEFAULT {default}"
    with connection.cursor() as cursor:
        cursor.execute(f"SET CONSTRAINTS ALL IMMEDIATE; {alter}; SET CONSTRAINTS ALL DEFERRED")


@contextmanager
def it_was(at: datetime) -> Iterator[None]:
    """Inside `tell`: it is `at`, and afterwards what it was before."""
    before = clock.now()
    with clock.using(lambda: at):
        _tell_ledger(at)
        yield
    _tell_ledger(before)


def _tell_ledger(at: datetime) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('aeims.demo_now', %s, true)", [at.isoformat()])


def evening(days: int, hour: int, minute: int = 0) -> datetime:
    """That hour, so many days ago, in New York; never later than a minute ago."""
    at = clock.now().astimezone(NEW_YORK) - timedelta(days=days)
    return min(
        at.replace(hour=hour, minute=minute, second=0, microsecond=0), clock.now() - timedelta(minutes=1)
    )
