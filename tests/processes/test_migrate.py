"""Migrating while somebody reads: nobody else is held up for longer than a moment, and it is done when the table is free."""

import asyncio
import sys
import time
from pathlib import Path

import psycopg
import pytest

from tests.support.environment import owning
from tests.support.waiting import WAITING
from tools.environment import ROOT

pytestmark = pytest.mark.slow

READINGS = 2


async def test_a_long_reader_holds_up_the_migration_alone(tmp_path: Path, system_database: str) -> None:
    """The lock that a migration waits for stops everybody who comes behind it: it gives up in between."""
    with psycopg.connect(system_database) as reader:
        reader.execute("SELECT count(*) FROM operators_operator")  # and its transaction stays open
        migration = asyncio.create_task(_migrate(system_database, tmp_path))
        await _until_waiting(system_database)
        for _ in range(READINGS):  # each behind the migration, and let through without the reader's end
            async with asyncio.timeout(60):
                await asyncio.to_thread(_read, system_database)
            await _until_waiting(system_database)
        assert not migration.done()
    await migration
    assert "A table is in use" in (tmp_path / "migrate.log").read_text()


async def _migrate(url: str, directory: Path) -> None:
    """Run the product's command with one migration that the database lacks."""
    with (directory / "migrate.log").open("ab") as log:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "manage.py", "migrate", "--no-input", "--settings=tests.processes.one_column.settings",
            cwd=ROOT, env=owning(url), stdout=log, stderr=log,
        )  # fmt: skip
        assert await process.wait() == 0, (directory / "migrate.log").read_text()


async def _until_waiting(url: str) -> None:
    """Until somebody waits for a lock on a table."""
    deadline = time.monotonic() + 60
    with psycopg.connect(url, autocommit=True) as database:
        while not (database.execute(WAITING).fetchone() or (0,))[0]:
            assert time.monotonic() < deadline, "nobody waits"
            await asyncio.sleep(0.05)


def _read(url: str) -> None:
    with psycopg.connect(url) as database:
        database.execute("SELECT count(*) FROM operators_operator")
