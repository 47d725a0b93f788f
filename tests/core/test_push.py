"""Pushes by NOTIFY: they wait for no disk, and leave the connection's own durability alone."""

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from core import push


def durability() -> str:
    with connection.cursor() as cursor:
        cursor.execute("SHOW synchronous_commit")
        return str(cursor.fetchone()[0])


@pytest.mark.django_db(transaction=True)
def test_a_push_waits_for_no_disk_and_the_next_transaction_does_again() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET synchronous_commit = 'on'")
    with CaptureQueriesContext(connection) as made, transaction.atomic():
        push.after_commit(["nobody"], lambda: {"type": "push", "payload": {}})
    assert [query["sql"] for query in made if "pg_notify" in query["sql"]]
    assert all("synchronous_commit" in query["sql"] for query in made if "pg_notify" in query["sql"])
    assert durability() == "on"


@pytest.mark.django_db
def test_a_push_inside_a_transaction_changes_nothing_of_it() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL synchronous_commit = 'on'")
    push.after_commit(["nobody"], lambda: {"type": "push", "payload": {}})
    push._send(["nobody"], lambda: {"type": "push", "payload": {}})
    assert durability() == "on"
