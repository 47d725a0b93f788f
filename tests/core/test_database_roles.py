"""The role that serves, logged in with its password: what it may do is what the table of rights says, and nothing else."""

import json
import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import urlsplit

import psycopg
import pytest
from django.apps import apps
from django.conf import settings
from django.core.management import call_command
from django.db import DatabaseError, connection, transaction
from pytest_django import DjangoDbBlocker

from aeims.database_rights import APPEND
from core import audit, database_roles
from core.management.commands.migrate import Command as Migrate
from core.models import AuditRecord
from customers.models import Customer
from tests.full_stack.database import current, database, migrate
from tests.scenario import given_customer
from tests.support.database_owner import as_owner, as_owner_past_guards
from tests.support.environment import owner_url

LEDGER = ("ledger_account", "ledger_transaction", "ledger_entry", "ledger_seal")
EVIDENCE = ("core_auditrecord", "customers_consent", "messaging_smsconsent")
ATTACKS = (
    *(f"UPDATE {table} SET id = id" for table in (*LEDGER[:3], *EVIDENCE)),
    *(f"DELETE FROM {table}" for table in (*LEDGER, *EVIDENCE, "django_migrations")),
    *(f"TRUNCATE {table} CASCADE" for table in (*LEDGER, *EVIDENCE, "customers_user")),
    *(f"ALTER TABLE {table} DISABLE TRIGGER USER" for table in (*LEDGER, *EVIDENCE)),
    *(f"DROP TABLE {table} CASCADE" for table in (*LEDGER, *EVIDENCE)),
    *(f"SELECT 1 FROM {table} FOR UPDATE" for table in LEDGER),
    "UPDATE ledger_account SET balance_minor = balance_minor + 1000000",
    "UPDATE ledger_account SET held_minor = 0",
    "UPDATE ledger_seal SET number = number",
    "INSERT INTO ledger_account (kind, name, currency, balance_minor, held_minor) VALUES ('promo', 'mine', 'USD', 0, 0)",
    "UPDATE ledger_accountquarterhour SET amount_minor = 0",
    "DELETE FROM ledger_accountquarterhour",
    "INSERT INTO ledger_accountquarterhour (account_id, begins_at, amount_minor) VALUES (1, now(), 5)",
    "INSERT INTO ledger_transaction DEFAULT VALUES",
    "INSERT INTO ledger_entry (transaction_id, account_id, amount_minor) VALUES (1, 1, 5)",
    "INSERT INTO ledger_seal DEFAULT VALUES",
    *(f"INSERT INTO {table} DEFAULT VALUES" for table in EVIDENCE),
    "INSERT INTO django_migrations (app, name, applied) VALUES ('ledger', '9999_mine', now())",
    "SELECT nextval('ledger_transaction_id_seq')",
    "SELECT setval('core_auditrecord_id_seq', 1)",
    "SET session_replication_role = replica",
    "DROP FUNCTION ledger_change_hold(bigint, bigint)",
    "ALTER FUNCTION ledger_lock(bigint) SECURITY INVOKER",
    "ALTER FUNCTION ledger_lock(bigint) RESET search_path",
    "CREATE OR REPLACE FUNCTION _pgtrigger_should_ignore(trigger_name name) RETURNS boolean LANGUAGE sql AS 'SELECT true'",
    "CREATE FUNCTION public.mine() RETURNS int LANGUAGE sql AS 'SELECT 1'",
    "CREATE TABLE public.mine (id int)",
    "CREATE TRIGGER mine BEFORE INSERT ON ledger_entry FOR EACH ROW EXECUTE FUNCTION suppress_redundant_updates_trigger()",
    "CREATE ROLE another SUPERUSER",
    "ALTER ROLE CURRENT_USER SUPERUSER",
    "COPY (SELECT 1) TO PROGRAM 'true'",
    "SELECT pg_read_file('PG_VERSION')",
)


@pytest.fixture(scope="module")
def serving_url(postgres: None, django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[str]:
    """The login of the role that serves, on a migrated database with one customer who has 10.00."""
    template = connection.settings_dict["TEST"]["TEMPLATE"] or "template1"
    with django_db_blocker.unblock(), database(f"aeims_roles_{os.getpid()}", template) as url:
        for _ in range(2):  # what is granted already stays
            migrate(url)
        with current(url):
            customer = given_customer(balance=1000)
            audit.record(actor=customer.user, action="test", subject=customer)
        yield url


@pytest.fixture
def session(serving_url: str) -> Iterator[psycopg.Connection]:
    serving = urlsplit(serving_url).username
    with psycopg.connect(serving_url, autocommit=True) as opened:
        assert opened.execute("SELECT session_user, current_user").fetchone() == (serving, serving)
        yield opened


def one(session: psycopg.Connection, query: str, *arguments: Any) -> Any:
    row = session.execute(query, arguments).fetchone()
    assert row is not None
    return row[0]


def ignore_all(session: psycopg.Connection) -> None:
    """What pgtrigger.ignore() does, for every guard there is, and the switch that lets tests empty tables."""
    names = session.execute(
        "SELECT DISTINCT tgname FROM pg_trigger WHERE tgname LIKE 'pgtrigger%'"
    ).fetchall()
    session.execute(
        "SELECT set_config('pgtrigger.ignore', %s::text[]::text, false)",
        [[name for (name,) in names]],
    )
    session.execute("SET aeims.may_truncate = 'on'")


@pytest.mark.parametrize("statement", ATTACKS)
def test_it_is_refused(session: psycopg.Connection, statement: str) -> None:
    ignore_all(session)
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        session.execute(statement)


def posting(session: psycopg.Connection, *amounts: int, key: str) -> str:
    wallet = one(session, "SELECT id FROM ledger_account WHERE kind = 'wallet'")
    entries = [{"account": wallet, "amount": amounts[0]}] if amounts else []
    entries += [{"kind": "adjustment", "name": "", "amount": amount} for amount in amounts[1:]]
    body = {
        "key": key, "kind": "adjustment", "reference": "", "currency": "USD", "amount": 5, "operator_amount": 0,
        "platform_amount": 0, "description": "", "reason": "test", "entries": entries,
    }  # fmt: skip
    return json.dumps([body])


def test_it_posts_and_holds_through_the_functions(session: psycopg.Connection) -> None:
    wallet = one(session, "SELECT id FROM ledger_account WHERE kind = 'wallet'")
    before = one(session, "SELECT balance_minor FROM ledger_account WHERE id = %s", wallet)
    session.execute("SELECT * FROM ledger_post(%s)", [posting(session, 5, -5, key="whole")])
    assert one(session, "SELECT balance_minor FROM ledger_account WHERE id = %s", wallet) == before + 5
    assert one(session, "SELECT ledger_change_hold(%s, 200)", wallet) is True
    assert one(session, "SELECT held_minor FROM ledger_lock(%s)", wallet) == 200
    assert one(session, "SELECT ledger_change_hold(%s, 1000000)", wallet) is False
    assert one(session, "SELECT ledger_change_hold(%s, -200)", wallet) is True


@pytest.mark.parametrize("amounts", [(), (5,), (5, -4), (5, 5)])
def test_no_setting_lets_it_post_what_does_not_balance(
    session: psycopg.Connection, amounts: tuple[int, ...]
) -> None:
    """Neither inside the function nor at commit."""
    ignore_all(session)
    with pytest.raises(psycopg.DatabaseError) as error, session.transaction():
        session.execute("SELECT * FROM ledger_post(%s)", [posting(session, *amounts, key=f"half {amounts}")])
    assert error.value.sqlstate == "AE422"
    assert one(session, "SELECT count(*) FROM ledger_transaction WHERE idempotency_key LIKE 'half%%'") == 0


def test_no_setting_lets_it_add_a_seal_that_does_not_follow(session: psycopg.Connection) -> None:
    ignore_all(session)
    with pytest.raises(psycopg.DatabaseError) as error:
        session.execute("SELECT ledger_add_seal(7, 1, 1, 9, 9, 'x', 'x', 'x')")
    assert error.value.sqlstate == "AE422"


def test_its_own_tables_do_not_stand_in_for_those_of_the_ledger(session: psycopg.Connection) -> None:
    """The functions look things up where the owner put them, whatever the caller's search_path says."""
    session.execute("CREATE TEMP TABLE ledger_account AS SELECT * FROM public.ledger_account")
    session.execute("SET search_path = pg_temp, public")
    wallet = one(session, "SELECT id FROM public.ledger_account WHERE kind = 'wallet'")
    session.execute("SELECT ledger_change_hold(%s, 100)", [wallet])
    assert one(session, "SELECT held_minor FROM public.ledger_account WHERE id = %s", wallet) == 100
    session.execute("SELECT ledger_change_hold(%s, -100)", [wallet])


def test_it_writes_what_is_added_to_and_what_is_no_evidence(
    serving_url: str, django_db_blocker: DjangoDbBlocker
) -> None:
    with django_db_blocker.unblock(), current(serving_url):
        customer = Customer.objects.get()
        audit.record(actor=customer.user, action="written", subject=customer)
        assert AuditRecord.objects.filter(action="written").exists()
        assert Customer.objects.update(paused_until=None) == 1


def test_no_setting_switches_off_a_trigger_even_for_the_owner(serving_url: str) -> None:
    """So none of a table that the role that serves may write, and none that runs at commit."""
    with psycopg.connect(owner_url(serving_url)) as session:
        ignore_all(session)
        with pytest.raises(psycopg.errors.RaiseException, match="Cannot update or delete"):
            session.execute("UPDATE core_auditrecord SET id = id")


def test_the_triggers_look_things_up_where_the_functions_that_post_do(session: psycopg.Connection) -> None:
    """What runs inside them and again at commit would else be planned anew each time: 0.1 ms of each posting."""
    assert one(
        session,
        "SELECT bool_and('search_path=pg_catalog, public, pg_temp' = ANY (p.proconfig)) FROM pg_trigger t"
        " JOIN pg_proc p ON p.oid = t.tgfoid WHERE t.tgname LIKE 'pgtrigger%%'",
    )


def test_the_check_finds_it_sound(serving_url: str, django_db_blocker: DjangoDbBlocker) -> None:
    with django_db_blocker.unblock(), current(serving_url):
        assert list(database_roles.complaints(connection)) == []


@pytest.fixture
def nobody_warned(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(database_roles, "_warned", set())


@pytest.mark.django_db
def test_the_owner_must_not_serve(settings: Any, nobody_warned: None) -> None:
    assert database_roles.serving_role_owns_nothing(["default"]) == []
    with as_owner():
        [warning] = database_roles.serving_role_owns_nothing(["default"])
        assert "may do anything" in warning.msg
        assert not warning.is_serious()
        settings.IS_PRODUCTION = True
        for _ in range(2):
            [error] = database_roles.serving_role_owns_nothing(["default"])
            assert error.is_serious()


@pytest.mark.django_db
def test_a_developer_is_warned_once(nobody_warned: None, capsys: pytest.CaptureFixture[str]) -> None:
    """`make run` migrates and then checks; tests serve as the product does and are told nothing."""
    call_command("check", databases=["default"])
    assert "core.W010" not in capsys.readouterr().err
    with as_owner():
        Migrate().check(databases=["default"])
        assert "core.W010" not in capsys.readouterr().err
        call_command("check", databases=["default"])
        assert capsys.readouterr().err.count("core.W010") == 1
        call_command("check", databases=["default"])
        assert "core.W010" not in capsys.readouterr().err


@pytest.mark.django_db
def test_the_tests_serve_as_the_product_does() -> None:
    """A connection of a test is of no owner and no superuser, whatever thread opens it, and comes back from `as_owner`."""
    serving = settings.DATABASES["default"]["ROLES"]["serving"]["USER"]
    assert role() == (serving, False)
    with ThreadPoolExecutor(1) as pool:
        assert pool.submit(role_of_a_new_connection).result() == (serving, False)
    with as_owner():
        assert role()[1]
        with as_owner():
            assert role()[1]
        assert role()[1]
    assert role() == (serving, False)
    with pytest.raises(DatabaseError), transaction.atomic(), as_owner_past_guards() as cursor:
        cursor.execute("SELECT 1 / 0")
    assert role() == (serving, False)


def role() -> tuple[str, bool]:
    """Who works on this connection, and whether it is somebody who may do anything or owns a table."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT current_user, current_setting('session_replication_role') <> 'origin' OR rolsuper OR EXISTS"
            " (SELECT FROM pg_tables WHERE schemaname = 'public' AND pg_has_role(current_user, tableowner, 'MEMBER'))"
            " FROM pg_roles WHERE rolname = current_user"
        )
        name, is_owner = cursor.fetchone()
        return name, is_owner


def role_of_a_new_connection() -> tuple[str, bool]:
    try:
        return role()
    finally:
        connection.close()


def test_no_process_of_a_test_inherits_the_login_of_the_owner() -> None:
    assert "DATABASE_OWNER_URL" not in os.environ
    assert (
        urlsplit(os.environ["DATABASE_URL"]).username
        == settings.DATABASES["default"]["ROLES"]["serving"]["USER"]
    )


def test_every_append_only_table_is_one_for_the_role_that_serves() -> None:
    append_only = {
        model._meta.db_table
        for model in apps.get_models()
        for trigger in getattr(model._meta, "triggers", ())
        if trigger.name == "append_only"
    }
    assert {
        table for table in append_only if settings.DATABASE_RIGHTS.get(table, {"UPDATE"}) - APPEND
    } == set()
    assert append_only
