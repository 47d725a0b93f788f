"""Replays the demo's past: services and the ledger take each event to happen at its own time.

The ledger stamps its transactions by the clock of the database, and no session can change that. For the demo alone, the
default of that column is altered to read a setting and altered back in the same transaction. A default that always read
the setting would let every session of the product write the past, which is why there is none. Events are replayed from
the first to the last, because in real books ids and times grow together.
"""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from django.db import connection

from core import clock

NEW_YORK = ZoneInfo("America/New_York")
_STAMP_FROM_SETTING = (
    "coalesce(nullif(current_setting('aeims.demo_now', true), '')::timestamptz, clock_timestamp())"
)
PastEvent = tuple[datetime, Callable[[], object]]


def replay(past_events: Iterable[PastEvent]) -> None:
    """Run every event at its time, the oldest first. Inside a transaction."""
    in_order = sorted(past_events, key=lambda event: event[0])
    if not in_order:
        return
    _set_stamp_default(_STAMP_FROM_SETTING)
    for at, run in in_order:
        with at_time(at):
            run()
    _set_stamp_default("clock_timestamp()")


def _set_stamp_default(default: str) -> None:
    """Deferred checks run before the table is altered, which would be refused otherwise."""
    alter = f"ALTER TABLE ledger_transaction ALTER COLUMN created_at SET DEFAULT {default}"
    with connection.cursor() as cursor:
        cursor.execute(f"SET CONSTRAINTS ALL IMMEDIATE; {alter}; SET CONSTRAINTS ALL DEFERRED")


@contextmanager
def at_time(at: datetime) -> Iterator[None]:
    """Inside `replay`: the time is `at`, and afterwards what it was before."""
    before = clock.now()
    with clock.using(lambda: at):
        _set_ledger_time(at)
        yield
    _set_ledger_time(before)


def _set_ledger_time(at: datetime) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('aeims.demo_now', %s, true)", [at.isoformat()])


def evening(days: int, hour: int, minute: int = 0) -> datetime:
    """That hour, so many days ago, in New York; never later than a minute ago."""
    at = clock.now().astimezone(NEW_YORK) - timedelta(days=days)
    return min(
        at.replace(hour=hour, minute=minute, second=0, microsecond=0), clock.now() - timedelta(minutes=1)
    )
