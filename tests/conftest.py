"""Every test: an environment of its own, real PostgreSQL if it needs one, no network but this machine, nothing skipped."""

from collections.abc import Iterator

import pytest
from hypothesis import settings

from tests.support import environment, network, postgres_server, serving_role

_cluster = environment.prepare()

import django  # noqa: E402 (the settings read the environment made above)

django.setup()

from django.db import connection  # noqa: E402
from pytest_django import DjangoDbBlocker  # noqa: E402

# On a busy machine an example takes longer, which says nothing about what is tested.
settings.register_profile("aeims", deadline=None)
settings.load_profile("aeims")

pytest_plugins = [
    "tests.support.card_processor",
    "tests.support.ccbill",
    "tests.support.channel_layer",
    "tests.support.empty_cache",
    "tests.support.garbage",
    "tests.support.groups",
    "tests.support.log_leaks",
    "tests.support.long_tests",
    "tests.support.nothing_skipped",
    "tests.support.phone_system",
    "tests.support.quick_flush",
    "tests.support.quick_passwords",
    "tests.support.push_service",
    "tests.support.smtp_sink",
    "tests.support.static_files",
]


def pytest_configure(config: pytest.Config) -> None:
    postgres_server.register(config, _cluster)


@pytest.fixture(scope="session", autouse=True)
def _only_this_machine() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as monkeypatch:
        network.block(monkeypatch)
        yield


@pytest.fixture(scope="session", autouse=True)
def _processes_serve() -> None:
    """What a test starts logs in to the database as the product does."""
    environment.forget_owner()


@pytest.fixture(scope="session")
def postgres() -> None:
    """The server that DATABASE_URL names is running: the collection found a test that asks for this fixture."""


@pytest.fixture(scope="session")
def django_db_modify_db_settings(
    pytestconfig: pytest.Config, django_db_modify_db_settings_parallel_suffix: None
) -> None:
    """The tests' database is a copy of one that is migrated already, if this run has such a one; the owner makes it."""
    connection.settings_dict["TEST"]["TEMPLATE"] = postgres_server.template(pytestconfig)
    serving_role.use_owner()


@pytest.fixture(scope="session")
def django_db_setup(
    postgres: None, django_db_setup: None, django_db_blocker: DjangoDbBlocker
) -> Iterator[None]:
    """The owner makes the database; each test's connection is one of the role that serves.

    Between tests the tables are emptied, which the ledger refuses unless the database says that it is a test's.

    A page that a test left open may have had a thread of the product connect after the test: such connections would keep
    the database from being dropped.
    """
    with django_db_blocker.unblock(), connection.cursor() as cursor:
        name = connection.ops.quote_name(connection.settings_dict["NAME"])
        cursor.execute(f"ALTER DATABASE {name} SET aeims.may_truncate = 'on'")
    serving_role.use_serving_role()
    yield
    serving_role.use_owner()
    with django_db_blocker.unblock(), connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
        connection.close()
