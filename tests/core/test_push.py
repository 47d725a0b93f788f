"""Pushes: those of a transaction go out together after its commit. By NOTIFY they wait for no disk, and leave the
connection's own durability alone.
"""

from contextlib import suppress
from typing import Any

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from core import push
from core.channel_layer import NotifyChannelLayer
from core.redis_layer import RedisLayer


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
    push._send([(["nobody"], lambda: {"type": "push", "payload": {}})])
    assert durability() == "on"


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[list[tuple[list[str], dict[str, Any]]]]:
    """What reached the layer, turn by turn."""
    turns: list[list[tuple[list[str], dict[str, Any]]]] = []
    monkeypatch.setattr(NotifyChannelLayer, "send_now", lambda self, messages: turns.append(list(messages)))
    return turns


def objects(turn: list[tuple[list[str], dict[str, Any]]]) -> list[tuple[str, int]]:
    return [(message["payload"]["object"], message["payload"]["sequence"]) for _, message in turn]


def heard(cursor: Any) -> list[str]:
    return [notice.payload for notice in cursor.connection.notifies(timeout=5, stop_after=2)]


@pytest.mark.django_db(transaction=True)
def test_the_pushes_of_a_transaction_are_one_statement_and_all_arrive() -> None:
    with connection.cursor() as cursor:
        cursor.execute("LISTEN aeims_channels")
        with CaptureQueriesContext(connection) as made, transaction.atomic():
            push.hint_after_commit(["a", "b"], "call.1", 1)
            push.hint_after_commit(["c"], "wallet.2", 1)
        assert [query["sql"].count("pg_notify") for query in made if "pg_notify" in query["sql"]] == [1]
        assert [payload.split()[1] for payload in heard(cursor.cursor)] == ["a,b", "c"]
        cursor.execute("UNLISTEN *")


@pytest.mark.django_db(transaction=True)
def test_of_one_object_hinted_twice_the_last_is_sent(sent: list[Any]) -> None:
    with transaction.atomic():
        push.hint_after_commit(["a"], "call.1", 1)
        push.hint_after_commit(["a"], "call.2", 5)
        push.hint_after_commit(["a"], "call.1", 2)
        push.hint_after_commit(["a"], "call.1", 3, wallet=True)  # says more than the others
        with transaction.atomic(savepoint=False):
            push.hint_after_commit(["b"], "call.1", 4)
    assert [objects(turn) for turn in sent] == [[("call.2", 5), ("call.1", 2), ("call.1", 3), ("call.1", 4)]]


@pytest.mark.django_db(transaction=True)
def test_a_savepoint_that_rolls_back_takes_its_pushes_along(sent: list[Any]) -> None:
    with transaction.atomic():
        push.hint_after_commit(["a"], "call.1", 1)
        with suppress(ZeroDivisionError), transaction.atomic():
            push.hint_after_commit(["a"], "call.1", 2)
            raise ZeroDivisionError
        with transaction.atomic():
            push.hint_after_commit(["a"], "call.3", 1)
        push.hint_after_commit(["a"], "call.4", 1)
    assert sorted(one for turn in sent for one in objects(turn)) == [
        ("call.1", 1),
        ("call.3", 1),
        ("call.4", 1),
    ]
    with suppress(ZeroDivisionError), transaction.atomic():
        push.hint_after_commit(["a"], "call.5", 1)
        raise ZeroDivisionError
    sent.clear()
    with transaction.atomic():
        push.hint_after_commit(["a"], "call.6", 1)
    assert [objects(turn) for turn in sent] == [[("call.6", 1)]]


@pytest.mark.django_db(transaction=True)
def test_pushes_of_savepoints_go_out_together_but_for_those_that_rolled_back(sent: list[Any]) -> None:
    with transaction.atomic():
        push.hint_after_commit(["a"], "call.1", 1)
        with transaction.atomic():
            push.hint_after_commit(["a"], "call.2", 1)
        with suppress(ZeroDivisionError), transaction.atomic():
            push.hint_after_commit(["a"], "call.3", 1)
            raise ZeroDivisionError
        with transaction.atomic():
            push.hint_after_commit(["a"], "call.1", 2)
        push.send_together()
    assert [objects(turn) for turn in sent] == [[("call.2", 1), ("call.1", 2)]]


@pytest.mark.django_db(transaction=True)
def test_a_message_that_fails_holds_up_no_other(caplog: pytest.LogCaptureFixture) -> None:
    with connection.cursor() as cursor:
        cursor.execute("LISTEN aeims_channels")
        with transaction.atomic():
            push.after_commit(["a"], lambda: {"type": "push", "rate": 1 / 0})
            push.after_commit(["a"], lambda: {"type": "push", "body": "x" * 8_000})
            push.hint_after_commit(["b"], "call.1", 1)
            push.hint_after_commit(["c"], "call.1", 1)
        assert [payload.split()[1] for payload in heard(cursor.cursor)] == ["b", "c"]
        cursor.execute("UNLISTEN *")
    assert len(caplog.records) == 2


def test_redis_takes_all_of_them_in_one_turn(monkeypatch: pytest.MonkeyPatch) -> None:
    layer = RedisLayer(address="redis://127.0.0.1:1", socket_connect_timeout=1)
    turns: list[list[Any]] = []
    monkeypatch.setattr(
        "redis.client.Pipeline.execute", lambda self: turns.append([args for args, _ in self.command_stack])
    )
    layer.send_now([(["a", "b"], {"type": "push"}), (["c"], {"type": "push"})])
    assert [[command[1] for command in turn] for turn in turns] == [
        ["asgi__group__a", "asgi__group__b", "asgi__group__c"]
    ]
