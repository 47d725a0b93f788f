"""When something is over, for jobs that end what web began: hosts whose clocks differ must not end it before its time."""

from datetime import datetime

from django.db import connection

from core import clock

DATABASE_TIME = "SELECT clock_timestamp()"


def deadline_now() -> datetime:
    """The time by which a deadline has passed, in UTC: by the clocks of this process and of the database, the earlier.

    Deadlines are written by web. A worker or a database whose clock is ahead ends nothing early; one that is behind ends it late.
    A clock that was set for a simulation (`clock.using`) is the only one there.
    """
    at = clock.now()
    if clock.is_set():
        return at
    with connection.cursor() as cursor:
        cursor.execute(DATABASE_TIME)
        database_at: datetime = cursor.fetchone()[0]
    return min(at, database_at)
