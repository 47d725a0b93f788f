"""PostgreSQL killed under web and worker: 503 meanwhile, and both are back by themselves."""

import asyncio
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from pytest_django import DjangoDbBlocker

from tests.full_stack.database import Server, server
from tests.processes.test_worker import worker
from tests.processes.web import SESSION_PAGE, web

pytestmark = pytest.mark.slow


@pytest.fixture
def postgres_of_our_own(tmp_path: Path, django_db_blocker: DjangoDbBlocker) -> Iterator[Server]:
    with django_db_blocker.unblock(), server(tmp_path / "server") as ours:
        yield ours


async def test_postgresql_killed_and_started_again(tmp_path: Path, postgres_of_our_own: Server) -> None:
    url = postgres_of_our_own.url
    async with web(tmp_path, url) as browser, worker(tmp_path, url) as process:
        assert await browser.get_at_once(SESSION_PAGE, 4) == [200] * 4
        postgres_of_our_own.kill()
        assert await browser.get_at_once(SESSION_PAGE, 4) == [503] * 4
        assert await browser.get("/api/calls/active/") == 503
        assert await browser.get("/readyz", host="localhost") == 503
        assert await browser.get("/livez", host="localhost") == 200
        await asyncio.to_thread(postgres_of_our_own.start)
        assert await browser.get_at_once(SESSION_PAGE, 4) == [200] * 4
        async with asyncio.timeout(60):
            while process.is_running:
                await asyncio.sleep(0.1)
        assert process.exit_code == os.EX_TEMPFAIL
        await process.start()
