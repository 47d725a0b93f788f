"""What a forked process must not share with its parent: connections to PostgreSQL. The client of Redis sees to its own."""

from django.db import connections
from django.db.backends.postgresql.base import DatabaseWrapper


def forget_connections() -> None:
    """Have this process open its own. What the parent has open stays open: closing it here would end it there."""
    DatabaseWrapper._connection_pools.clear()  # type: ignore[attr-defined]
    for connection in connections.all(initialized_only=True):
        connection.connection = None
