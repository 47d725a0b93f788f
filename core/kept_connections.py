"""Whether a kept connection to PostgreSQL still works, mostly without asking the server.

Django asks with an empty statement before each request, which costs a turn. But a server that is gone, or has ended the connection, has
closed its socket, and the kernel knows that at once. So the server is asked where the socket has something to read, and otherwise every
few seconds, for a network that loses connections without a word.
"""

import select
import time
from contextlib import suppress
from typing import Any

import psycopg
from psycopg.pq import TransactionStatus

ASK_EVERY_SECONDS = 5.0
_ASKED_AT = "_aeims_asked_at"  # seconds of time.monotonic


def check(connection: "psycopg.Connection[Any]") -> None:
    """Raises psycopg.Error for a connection that works no more. For psycopg's pool."""
    asked_at: float = getattr(connection, _ASKED_AT, float("-inf"))
    if time.monotonic() - asked_at < ASK_EVERY_SECONDS and _is_silent(connection):
        return
    _ask(connection)
    setattr(connection, _ASKED_AT, time.monotonic())


def _is_silent(connection: "psycopg.Connection[Any]") -> bool:
    """Whether its transaction is sound, and nothing has come from the server since its last answer: neither a word nor the end."""
    if connection.info.transaction_status == TransactionStatus.INERROR:
        return False
    poll = select.poll()
    poll.register(connection.fileno(), select.POLLIN)
    return not poll.poll(0)


def _ask(connection: "psycopg.Connection[Any]") -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")


def _check_in_autocommit(connection: "psycopg.Connection[Any]") -> None:
    """The pool's connections are outside of any transaction, and must stay so."""
    if connection.autocommit:
        check(connection)
        return
    connection.autocommit = True
    try:
        check(connection)
    finally:
        with suppress(psycopg.Error):  # the reason why it works no more is told already
            connection.autocommit = False


def register() -> None:
    """For all connections of Django, from a pool or kept by a thread. After `core.server_binding.register`."""
    from django.db.backends.postgresql.base import DatabaseWrapper
    from psycopg_pool import ConnectionPool

    def is_usable(self: DatabaseWrapper) -> bool:
        if self.connection is None:
            return False
        try:
            check(self.connection)
        except psycopg.Error:
            return False
        return True

    setattr(DatabaseWrapper, "is_usable", is_usable)  # noqa: B010 (mypy refuses another function)
    setattr(ConnectionPool, "check_connection", staticmethod(_check_in_autocommit))  # noqa: B010
