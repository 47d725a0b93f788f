"""The disk of PostgreSQL fills until the server is gone: 503 meanwhile, and all is back when there is room again."""

import asyncio
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import psycopg
import pytest
from pytest_django import DjangoDbBlocker

from tests.full_stack.database import current, migrate
from tests.processes.web import SESSION_PAGE, web
from tools.database import Database
from tools.postgres import SETTINGS, Cluster

pytestmark = [pytest.mark.long, pytest.mark.slow]

DISK = "250m"
BACK_SECONDS = 60.0


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of our own, in memory. Only root can mount one: anybody else's run fails here and says so."""
    directory = tmp_path / "disk"
    directory.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={DISK},mode=755", "tmpfs", directory], check=True)
    try:
        yield directory
    finally:
        subprocess.run(["umount", "--lazy", directory], check=True)


async def test_a_full_disk_ends_nothing_for_good(
    tmp_path: Path, small_disk: Path, django_db_blocker: DjangoDbBlocker
) -> None:
    cluster = Cluster(
        directory=small_disk / "postgres", log=tmp_path / "postgres.log", settings=SETTINGS | {"fsync": "off"}
    )
    database, should_stop = Database(cluster), threading.Event()
    database.start()
    try:
        with django_db_blocker.unblock():
            await asyncio.to_thread(migrate, cluster.url())
            with database.watched(should_stop), current(cluster.url()):
                async with web(tmp_path, cluster.url()) as browser:
                    assert await browser.get(SESSION_PAGE) == 200
                    await asyncio.to_thread(_write_until_gone, cluster)
                    assert set(await browser.get_at_once(SESSION_PAGE, 4)) == {503}
                    (small_disk / "filler").unlink()
                    began = time.monotonic()
                    while (status := await browser.get(SESSION_PAGE)) != 200:
                        assert status == 503
                        assert time.monotonic() - began < BACK_SECONDS
                        await asyncio.sleep(0.5)
                should_stop.set()
    finally:
        database.stop()


def _write_until_gone(cluster: Cluster) -> None:
    """Fill the disk, then write until the write-ahead log needs another file and the server gives up."""
    with suppress(OSError), (cluster.directory.parent / "filler").open("wb") as filler:
        while True:
            filler.write(b"\0" * 1_000_000)
            filler.flush()
    deadline = time.monotonic() + 60
    while cluster.is_answering():
        assert time.monotonic() < deadline, "the server survives a full disk"
        with suppress(psycopg.Error), psycopg.connect(cluster.url(), autocommit=True) as writer:
            for _ in range(500):
                writer.execute("SELECT pg_logical_emit_message(true, 'fill', repeat('x', 100000))")
