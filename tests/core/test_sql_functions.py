"""SQL functions and triggers are what their files and declarations say, on every installed system."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from django.core.management import call_command
from django.core.management.base import SystemCheckError
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from billing.ledger.guards import BALANCED
from billing.ledger.models import Entry
from core import sql_functions
from core.database_roles import owner_at_work
from core.sql_functions import current_file, drift, installed_by_migrations, parse, text_of, unmigrated
from tests.support.database_owner import as_owner

FUNCTIONS = sorted(installed_by_migrations())


def test_every_file_is_the_text_that_the_newest_migration_installs() -> None:
    assert unmigrated() == []
    assert ("billing", "billing_settle") in FUNCTIONS
    assert ("ledger", "ledger_post_rows") in FUNCTIONS


@pytest.mark.parametrize(("app", "name"), FUNCTIONS)
def test_one_file_holds_one_function_of_its_name(app: str, name: str) -> None:
    assert [function.name for function in parse(current_file(app, name).read_text())] == [name]


@pytest.mark.parametrize(("app", "name"), FUNCTIONS)
def test_a_file_edited_without_a_migration_is_found(
    app: str, name: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    edited = tmp_path / f"{name}.sql"
    edited.write_text(current_file(app, name).read_text() + "\n-- edited\n")
    real = sql_functions.current_file
    monkeypatch.setattr(
        sql_functions, "current_file", lambda a, n: edited if (a, n) == (app, name) else real(a, n)
    )
    assert unmigrated() == [f"{app}/sql/{name}.sql is not the text that the newest migration installs."]


def test_a_text_that_no_file_holds_is_named() -> None:
    with pytest.raises(sql_functions.MissingText, match="ledger_post"):
        text_of("ledger", "ledger_post", "0" * 64)


@pytest.mark.django_db
class TestInstalled:
    """Against the migrated database of the tests."""

    def test_it_is_what_is_declared(self) -> None:
        assert drift(connection) == []
        call_command("check", databases=["default"])

    def test_one_digit_changed_by_hand_is_found(self) -> None:
        text = current_file("ledger", "ledger_post_rows").read_text()
        changed = text.replace("FOR i IN 1 ..", "FOR i IN 2 ..", 1)
        assert changed != text
        execute(changed)
        assert drift(connection) == [
            "The function ledger_post_rows in the database is not the one of ledger/sql/ledger_post_rows.sql."
        ]
        with pytest.raises(SystemCheckError, match="ledger_post_rows"):
            call_command("check", databases=["default"])

    def test_a_lost_plan_setting_is_found(self) -> None:
        execute("ALTER FUNCTION billing_settle(bigint, int, jsonb, int[], jsonb) RESET enable_seqscan")
        assert [problem.split()[2] for problem in drift(connection)] == ["billing_settle"]

    def test_a_function_that_acts_as_its_caller_again_is_found(self) -> None:
        for change in ("SECURITY INVOKER", "RESET search_path", "RESET pgtrigger.ignore"):
            execute(f"ALTER FUNCTION ledger_lock(bigint) {change}")
            assert [problem.split()[2] for problem in drift(connection)] == ["ledger_lock"]
            execute("ALTER FUNCTION ledger_lock(bigint) SECURITY DEFINER")

    def test_a_second_function_of_the_same_name_is_found(self) -> None:
        execute("CREATE FUNCTION ledger_post(a int) RETURNS int LANGUAGE sql AS 'SELECT a'")
        assert [problem.split()[2] for problem in drift(connection)] == ["ledger_post"]

    def test_a_trigger_that_is_off_or_runs_something_else_is_found(self) -> None:
        name = BALANCED.get_pgid(Entry)
        execute("ALTER TABLE ledger_entry DISABLE TRIGGER USER")
        assert any("balanced of ledger_entry is disabled" in problem for problem in drift(connection))
        execute("ALTER TABLE ledger_entry ENABLE TRIGGER USER")
        execute(
            f"CREATE OR REPLACE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'"
        )
        assert drift(connection) == [
            "The trigger balanced of ledger_entry runs another function than the one declared."
        ]


@pytest.fixture
def executor() -> Iterator[MigrationExecutor]:
    with owner_at_work(connection):
        yield MigrationExecutor(connection)
        newest = MigrationExecutor(connection)
        newest.migrate(newest.loader.graph.leaf_nodes())


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_going_back_installs_the_text_before_and_forward_the_text_of_today(
    executor: MigrationExecutor,
) -> None:
    executor.migrate([("ledger", "0016_fees_and_deposits")])
    before = text_of(
        "ledger", "ledger_roll_up", "61c1124ff0657d309df6ca6339cc141688f14bec322c01009326956eb9641a5c"
    )
    [function] = parse(before)
    [of_today] = parse(current_file("ledger", "ledger_roll_up").read_text())
    assert body_of("ledger_roll_up") == function.body != of_today.body
    call_command("migrate", skip_checks=False, verbosity=0)  # as on an installed system that is updated
    assert drift(connection) == []


def execute(statement: str) -> None:
    with as_owner() as cursor:
        cursor.execute(statement)


def body_of(name: str) -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT prosrc FROM pg_proc WHERE proname = %s", [name])
        [(body,)] = cursor.fetchall()
    return str(body)
