"""The system as pytest fixtures; a conftest takes them with `from tests.full_stack.fixtures import *`."""

import os
from collections.abc import Iterator

import pytest
from pytest_django import DjangoDbBlocker

from tests.full_stack.database import current, database, migrate
from tests.support import postgres_server

__all__ = ["migrated_database", "system_database"]


@pytest.fixture(scope="session")
def migrated_database(
    postgres: None, pytestconfig: pytest.Config, django_db_blocker: DjangoDbBlocker
) -> Iterator[str]:
    """The name of a database with all tables and no rows, to be copied."""
    name, template = f"house_empty_{os.getpid()}", postgres_server.template(pytestconfig) or "template1"
    with django_db_blocker.unblock(), database(name, template) as url:
        migrate(url)
        yield name


@pytest.fixture(scope="module")
def system_database(migrated_database: str, django_db_blocker: DjangoDbBlocker) -> Iterator[str]:
    """The address of a fresh database that the tests of one file share with the processes of their systems."""
    name = f"house_{os.getpid()}"
    with django_db_blocker.unblock(), database(name, migrated_database) as url, current(url):
        yield url
