"""Tests in this folder run on a real Asterisk with lab phones."""

import asyncio
import os
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from pytest_django import DjangoDbBlocker

from tests.asterisk import long_calls as evening
from tests.asterisk.adapter_rig import AsteriskRig
from tests.asterisk.trunk_fixtures import *  # noqa: F403
from tests.full_stack.database import current, database
from tests.full_stack.fixtures import *  # noqa: F403
from tests.lab.asterisk import Asterisk
from tests.lab.carrier import Carrier
from tests.lab.fixtures import *  # noqa: F403


def _spend(
    database_name: str, blocker: DjangoDbBlocker, directory: Path, *, is_long: bool
) -> evening.Evening:
    name = f"house_{'long' if is_long else 'minute'}_{os.getpid()}"
    with blocker.unblock(), database(name, database_name) as url, current(url):
        return asyncio.run(evening.spend(directory, url, is_long=is_long))


@pytest.fixture(scope="session")
def one_minute(
    migrated_database: str, django_db_blocker: DjangoDbBlocker, tmp_path_factory: pytest.TempPathFactory
) -> evening.Evening:
    """What came of the calls that take a minute: made once, looked at by the tests of two files."""
    return _spend(migrated_database, django_db_blocker, tmp_path_factory.mktemp("systems"), is_long=False)


@pytest.fixture(scope="session")
def two_minutes(
    migrated_database: str, django_db_blocker: DjangoDbBlocker, tmp_path_factory: pytest.TempPathFactory
) -> evening.Evening:
    """What came of the calls that last into the second minute."""
    return _spend(migrated_database, django_db_blocker, tmp_path_factory.mktemp("systems"), is_long=True)


@pytest_asyncio.fixture
async def world(tmp_path: Path, asterisk: Asterisk, carrier: Carrier) -> AsyncIterator[AsteriskRig]:
    """A running adapter on this Asterisk, and the phones."""
    async with AsteriskRig(tmp_path, asterisk, carrier) as rig:
        await rig.start()
        yield rig
