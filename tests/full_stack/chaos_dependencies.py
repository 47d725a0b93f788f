"""Freezes and cuts what the system leans on, while people talk; the money is counted as after every other round.

Everything must be back by itself within a minute of the cause's end (`BACK_SECONDS`), and must say meanwhile that something
is wrong. `Supervisor` does what `make run` and the containers' restart policy do: a process that ends is started again.
"""

import asyncio
import os
import signal
import sys
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from pathlib import Path

import psycopg

from core.jobs import job_status
from tests.full_stack.chaos import Chaos
from tests.full_stack.database import ask
from tests.full_stack.people import Manner
from tests.full_stack.process import Process

BACK_SECONDS = 60.0
FROZEN_SECONDS = 8.0
EVERYBODY_ELSE = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND datname IS NOT NULL"


class Supervisor:
    """Within: `process` is started again whenever it ends."""

    def __init__(self, process: Process) -> None:
        self.process = process
        self._task: asyncio.Task[None] | None = None

    async def __aenter__(self) -> "Supervisor":
        await self.process.start()
        self._task = asyncio.create_task(self._keep())
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._task is not None
        self._task.cancel()
        with suppress(asyncio.CancelledError):
            await self._task
        await self.process.stop()

    async def _keep(self) -> None:
        while True:
            await asyncio.sleep(0.5)
            if not self.process.is_running:
                await self.process.start(ready=False)


def worker_process(directory: Path, environment: dict[str, str]) -> Process:
    """The background worker of a system."""

    async def is_ready() -> bool:
        return True

    command = [sys.executable, "manage.py", "run_worker"]
    return Process("worker", command, environment, directory / "worker.log", is_ready)


async def freeze_adapter(chaos: Chaos) -> None:
    """SIGSTOP for some seconds: one leaves meanwhile, one is clicked, one stays."""
    stays, leaves, clicked = await chaos.callers_of([Manner()] * 3)
    await asyncio.gather(stays.call_and_join(), leaves.call_and_join())
    chaos.system.adapter.pause()
    chaos.kills["adapter frozen"] += 1
    click = asyncio.create_task(chaos.click(clicked))
    await asyncio.sleep(1)
    chaos.put_down(leaves)
    await asyncio.sleep(chaos.chance.uniform(2, FROZEN_SECONDS))
    chaos.system.adapter.go_on()
    await click
    await chaos.hang_up(stays, clicked)
    await chaos.until_over(stays, leaves, clicked)


async def freeze_postgres(chaos: Chaos) -> None:
    """SIGSTOP of the whole server: `/readyz` says so, and everything goes on where it was."""
    assert chaos.server is not None
    stays, leaves = await chaos.callers_of([Manner()] * 2)
    await asyncio.gather(stays.call_and_join(), leaves.call_and_join())
    processes = chaos.server.process_ids()
    for pid in processes:
        os.kill(pid, signal.SIGSTOP)
    chaos.kills["postgres frozen"] += 1
    try:
        chaos.put_down(leaves)
        await asyncio.sleep(chaos.chance.uniform(2, FROZEN_SECONDS))
        if await _ready_status(chaos) == 200:
            chaos.troubles.append("/readyz says 200 while PostgreSQL is frozen")
    finally:
        for pid in processes:
            os.kill(pid, signal.SIGCONT)
    await _until_ready(chaos, "PostgreSQL thawed")
    await chaos.hang_up(stays)
    await chaos.until_over(stays, leaves)


async def cut_connections(chaos: Chaos) -> None:
    """Every session of the database is ended at once, under calls and clicks."""
    assert chaos.server is not None
    stays, leaves, clicked = await chaos.callers_of([Manner()] * 3)
    await asyncio.gather(stays.call_and_join(), leaves.call_and_join())
    click = asyncio.create_task(chaos.click(clicked))
    with psycopg.connect(chaos.server.url, autocommit=True) as database:
        database.execute(EVERYBODY_ELSE)
    chaos.kills["connections cut"] += 1
    chaos.put_down(leaves)
    await click
    await _until_ready(chaos, "connections cut")
    await chaos.hang_up(stays, clicked)
    await chaos.until_over(stays, leaves, clicked)


async def kill_worker(chaos: Chaos) -> None:
    """Killed, then another one frozen and killed: no job stays behind."""
    environment = chaos.system.web.environment
    async with Supervisor(worker_process(chaos.system.directory, environment)) as supervisor:
        await asyncio.sleep(chaos.chance.uniform(6, 12))  # some job is likely under way
        await supervisor.process.kill()
        await asyncio.sleep(chaos.chance.uniform(3, 8))
        supervisor.process.pause()
        await asyncio.sleep(2)
        await supervisor.process.kill()
        chaos.kills["worker"] += 2
        began = time.monotonic()
        while not (status := await ask(job_status)).workers or status.stuck or status.late:
            if time.monotonic() - began > BACK_SECONDS:
                chaos.troubles.append(f"jobs a minute after the worker's death: {status}")
                return
            await asyncio.sleep(0.5)


async def _ready_status(chaos: Chaos) -> int:
    """What `/readyz` answers; 0 when nothing within five seconds."""
    url = chaos.system.base_of(chaos.system.web) + "/readyz"
    try:
        async with (
            asyncio.timeout(5),
            chaos.system.http.get(url, headers={"Host": "localhost"}) as answer,
        ):
            return answer.status
    except (TimeoutError, OSError):
        return 0


async def _until_ready(chaos: Chaos, after: str) -> None:
    began = time.monotonic()
    while await _ready_status(chaos) != 200:
        if time.monotonic() - began > BACK_SECONDS:
            chaos.troubles.append(f"not ready a minute after: {after}")
            return
        await asyncio.sleep(0.3)


ROUNDS: dict[str, Callable[[Chaos], Awaitable[None]]] = {
    "frozen-adapter": freeze_adapter,
    "frozen-postgres": freeze_postgres,
    "connections": cut_connections,
    "worker": kill_worker,
}
