"""Tests in this folder run on a real Asterisk with lab phones."""

import asyncio
import os

import pytest
from pytest_django import DjangoDbBlocker

from tests.asterisk import long_calls as evening
from tests.full_stack.database import current, database
from tests.full_stack.fixtures import *  # noqa: F403
from tests.lab.fixtures import *  # noqa: F403


@pytest.fixture(scope="session")
def two_minutes(
    migrated_database: str, django_db_blocker: DjangoDbBlocker, tmp_path_factory: pytest.TempPathFactory
) -> evening.Evening:
    """What came of the calls that take two minutes: made once, looked at by the tests of two files."""
    name = f"house_long_{os.getpid()}"
    with django_db_blocker.unblock(), database(name, migrated_database) as url, current(url):
        return asyncio.run(evening.spend(tmp_path_factory.mktemp("systems"), url))
