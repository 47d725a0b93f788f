"""The disk of PostgreSQL fills until the server is gone: 503 meanwhile, and all is back when there is room again."""

import asyncio
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from pytest_django import DjangoDbBlocker

from tests.full_stack.database import current, migrate
from tests.full_stack.small_disk import fill_until_gone, make_room, small_disk
from tests.processes.web import SESSION_PAGE, web
from tests.support.environment import PASSWORDS
from tools.database import Database
from tools.postgres import SETTINGS, Cluster

pytestmark = [pytest.mark.long, pytest.mark.slow]

DISK = "250m"
BACK_SECONDS = 60.0


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    with small_disk(tmp_path / "disk", DISK) as directory:
        yield directory


@pytest.fixture
def server(tmp_path: Path, disk: Path, django_db_blocker: DjangoDbBlocker) -> Iterator[Cluster]:
    """Migrated, kept alive as `make run` does, and this process's own database meanwhile."""
    cluster = Cluster(
        directory=disk / "postgres",
        log=tmp_path / "postgres.log",
        settings=SETTINGS | {"fsync": "off"},
        passwords=PASSWORDS,
    )
    database, should_stop = Database(cluster), threading.Event()
    database.start()
    try:
        with django_db_blocker.unblock():
            migrate(cluster.serving_url())
            with database.watched(should_stop), current(cluster.serving_url()):
                yield cluster
                should_stop.set()
    finally:
        database.stop()


async def test_a_full_disk_ends_nothing_for_good(tmp_path: Path, server: Cluster) -> None:
    async with web(tmp_path, server.serving_url()) as browser:
        assert await browser.get(SESSION_PAGE) == 200
        await asyncio.to_thread(fill_until_gone, server)
        assert set(await browser.get_at_once(SESSION_PAGE, 4)) == {503}
        make_room(server)
        began = time.monotonic()
        while (status := await browser.get(SESSION_PAGE)) != 200:
            assert status == 503
            assert time.monotonic() - began < BACK_SECONDS
            await asyncio.sleep(0.5)
