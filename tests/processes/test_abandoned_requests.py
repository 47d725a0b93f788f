"""A request whose client gives up while it waits for the database costs no connection."""

import asyncio
from pathlib import Path
from typing import Any

import psycopg
import pytest

from tests.processes.web import SESSION_PAGE, stack, web

pytestmark = pytest.mark.slow

POOL_SIZE = 3
WAVE = 50


@pytest.mark.parametrize(
    "count",
    [pytest.param(4 * POOL_SIZE, id="some"), pytest.param(1000, id="a thousand", marks=pytest.mark.long)],
)
@pytest.mark.parametrize("serve", [web, stack])
async def test_abandoned_requests_cost_no_connection(
    serve: Any, count: int, tmp_path: Path, system_database: str
) -> None:
    """Many more than the pool holds give up while a lock holds them; afterwards the whole pool serves."""
    settings = {"DATABASE_POOL_SIZE": str(POOL_SIZE), "DATABASE_LOCK_TIMEOUT_MS": "60000"}
    async with serve(tmp_path, system_database, **settings) as browser:
        assert await browser.get(SESSION_PAGE) == 200
        with psycopg.connect(system_database) as locker:
            locker.execute("LOCK TABLE django_session IN ACCESS EXCLUSIVE MODE")
            for waves in range(0, count, WAVE):
                wave = min(WAVE, count - waves)
                answers = await browser.get_at_once(SESSION_PAGE, wave, give_up_after=1)
                assert set(answers) <= {0, 503}  # 503: no connection was free in time
            await asyncio.sleep(3)  # the server has given up each of them, too
        await asyncio.sleep(6)  # those that still wait for a connection have had their time
        assert await browser.get_at_once(SESSION_PAGE, 2 * POOL_SIZE) == [200] * (2 * POOL_SIZE)


@pytest.mark.parametrize("serve", [web, stack])
async def test_waiting_for_a_lock_ends_with_503(serve: Any, tmp_path: Path, system_database: str) -> None:
    """And the same page is there again as soon as the lock is gone."""
    async with serve(tmp_path, system_database, DATABASE_LOCK_TIMEOUT_MS="500") as browser:
        with psycopg.connect(system_database) as locker:
            locker.execute("LOCK TABLE django_session IN ACCESS EXCLUSIVE MODE")
            assert await browser.get_at_once(SESSION_PAGE, 3) == [503] * 3
            assert await browser.get("/livez", host="localhost") == 200
        assert await browser.get(SESSION_PAGE) == 200
