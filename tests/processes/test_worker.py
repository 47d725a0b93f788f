"""The worker as a process: what a dead one left is done, no clock silences it, and it comes back after its database."""

import asyncio
import os
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest

from tests.full_stack.process import Process

pytestmark = pytest.mark.slow

SWEEP = "telephony.tasks.sweep_silent_calls"
PRESENCE = "operators.sweep_presence"
WAIT_SECONDS = 90.0


@asynccontextmanager
async def worker(directory: Path, database_url: str) -> AsyncIterator[Process]:
    """Within: a worker runs on the database at this address."""

    async def is_ready() -> bool:
        query = "SELECT count(*) FROM procrastinate_workers WHERE last_heartbeat > now() - interval '5 s'"
        return int(_value(database_url, query)) > 0

    environment = os.environ | {"DATABASE_URL": database_url}
    command = [sys.executable, "manage.py", "run_worker"]
    process = Process("worker", command, environment, directory / "worker.log", is_ready)
    try:
        await process.start()
        yield process
    finally:
        await process.stop()


async def test_what_a_dead_worker_left_is_done(tmp_path: Path, system_database: str) -> None:
    """Killed within a sweep: the job is still begun, holds both locks, and its successor is queued behind it."""
    with psycopg.connect(system_database, autocommit=True) as database:
        dead = _one(
            database,
            "INSERT INTO procrastinate_workers (last_heartbeat) VALUES (now() - interval '1 min') RETURNING id",
        )
        insert = (
            "INSERT INTO procrastinate_jobs (queue_name, task_name, lock, queueing_lock, args, status, worker_id)"
            " VALUES ('sweeps', %s, 'sweep_calls', 'sweep_calls', '{\"timestamp\": 0}', %s, %s) RETURNING id"
        )
        _one(database, insert, SWEEP, "doing", dead)
        successor = _one(database, insert, SWEEP, "todo", None)
    async with worker(tmp_path, system_database):
        done = "SELECT count(*) FROM procrastinate_jobs WHERE id = %s AND status = 'succeeded'"
        await _until(lambda: _value(system_database, done, successor) == 1)
        begun = "SELECT count(*) FROM procrastinate_jobs WHERE task_name = %s AND status = 'doing'"
        await _until(lambda: _value(system_database, begun, SWEEP) == 0)


async def test_a_clock_that_was_ahead_silences_nothing(tmp_path: Path, system_database: str) -> None:
    """An hour ago by our clock, periodic jobs were noted as those of now."""
    with psycopg.connect(system_database, autocommit=True) as database:
        database.execute("DELETE FROM procrastinate_periodic_defers")
        database.execute("DELETE FROM procrastinate_jobs")
        for seconds in range(0, 3600, 10):
            database.execute(
                "INSERT INTO procrastinate_periodic_defers (task_name, periodic_id, defer_timestamp) VALUES (%s, '', %s)",
                [PRESENCE, int(time.time()) // 10 * 10 + seconds],
            )
    async with worker(tmp_path, system_database):
        done = "SELECT count(*) FROM procrastinate_jobs WHERE task_name = %s AND status = 'succeeded'"
        await _until(lambda: _value(system_database, done, PRESENCE) > 0)


async def _until(condition: Any) -> None:
    deadline = time.monotonic() + WAIT_SECONDS
    while not await asyncio.to_thread(condition):
        assert time.monotonic() < deadline, "it did not come to that"
        await asyncio.sleep(0.2)


def _value(url: str, query: str, *parameters: object) -> Any:
    with psycopg.connect(url) as database:
        return _one(database, query, *parameters)


def _one(database: "psycopg.Connection[Any]", query: str, *parameters: object) -> Any:
    row = database.execute(query, parameters).fetchone()  # type: ignore[call-overload]
    assert row is not None
    return row[0]
