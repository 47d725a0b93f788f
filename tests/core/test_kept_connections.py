"""A kept connection is looked at before each request: the server is asked only where its socket says something, or now and then."""

from contextlib import suppress

import pytest
from django.db import DatabaseError, connection, connections, transaction
from psycopg import Connection, Error

from core import kept_connections
from tests.support.database_owner import as_owner

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """The connections whose server was asked."""
    those: list[object] = []
    ask = kept_connections._ask

    def noted(kept: "Connection[object]") -> None:
        those.append(kept)
        ask(kept)

    monkeypatch.setattr(kept_connections, "_ask", noted)
    connection.ensure_connection()
    return those


def test_a_silent_connection_is_asked_once_in_a_while(
    asked: list[object], monkeypatch: pytest.MonkeyPatch
) -> None:
    connection.close()
    connection.ensure_connection()
    assert [connection.is_usable() for _ in range(5)] == [True] * 5
    assert len(asked) == 1
    monkeypatch.setattr(kept_connections, "ASK_EVERY_SECONDS", 0)
    assert connection.is_usable()
    assert len(asked) == 2


def test_one_that_the_server_has_ended_is_not_used() -> None:
    kept = connections.create_connection("default")
    with kept.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        process = cursor.fetchone()[0]
    assert kept.is_usable()
    with as_owner() as cursor:
        cursor.execute("SELECT pg_terminate_backend(%s, 5000)", [process])
    assert not kept.is_usable()
    with pytest.raises(Error):
        kept_connections.check(kept.connection)
    kept.close()


def test_a_word_of_the_server_is_read_and_the_connection_kept(asked: list[object]) -> None:
    with connection.cursor() as cursor:
        cursor.execute("LISTEN kept_connections")
    assert connection.is_usable()
    asked.clear()
    other = connections.create_connection("default")
    with other.cursor() as cursor:
        cursor.execute("NOTIFY kept_connections")
    other.close()
    assert connection.is_usable()
    assert asked == [connection.connection]
    connection.close()


def test_one_whose_transaction_has_failed_is_not_usable_until_it_is_rolled_back() -> None:
    with transaction.atomic():
        assert connection.is_usable()
        with connection.cursor() as cursor, suppress(DatabaseError):
            cursor.execute("SELECT 1 / 0")
        assert not connection.is_usable()
        transaction.set_rollback(True)
    assert connection.is_usable()
