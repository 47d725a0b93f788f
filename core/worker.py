"""The worker: runs the jobs of every queue, and sees to it that no job is forgotten.

One process holds a Procrastinate worker for each queue. When anything under it breaks (PostgreSQL gone, a clock set back)
it ends, and its supervisor starts it again: nothing but rows is kept between two lives.
"""

import asyncio
import logging
import signal
import time
from collections.abc import Awaitable, Callable
from typing import Any

from django.db import connections
from procrastinate import App
from procrastinate.connector import BaseConnector
from procrastinate.exceptions import UniqueViolation
from procrastinate.jobs import Status

from core import log_lines, metrics
from core.acting import record_job
from core.jobs import CONCURRENCY, HEARTBEAT_LIMIT_SECONDS

log = logging.getLogger(__name__)

MAX_ATTEMPTS = 10  # of a job whose workers die under it
RETRY_STALLED_SECONDS = 10.0
CLOCK_CHECK_SECONDS = 5.0
CLOCK_STEP_SECONDS = 2.0
STOP_SECONDS = 10.0


class WorkerStopped(RuntimeError):
    """Something under the worker broke; a new process is to go on."""


def return_connections(call_next: Callable[[], Any], context: Any, worker: Any) -> Any:
    """Procrastinate's hook around each job, in its thread: the job's connections are free for others when it is over.

    Threads outlive their jobs, and there may be more of them than connections in the pool.
    """
    try:
        return call_next()
    finally:
        connections.close_all()


TASK_MIDDLEWARE: list[Any] = [return_connections, record_job]


def connector_for_worker(app: App) -> BaseConnector:
    """What the worker's own queries go by; a job that defers others does so on Django's connection, as web does.

    So what a job defers belongs to the transaction of its rows: it begins after the commit, and not at all if that fails.
    """
    ours: BaseConnector = app.connector
    connector: BaseConnector = ours.get_worker_connector()  # type: ignore[attr-defined]  # Django's connector has it
    connector.get_sync_connector = lambda: ours  # type: ignore[method-assign]
    return connector


async def run_worker(app: App) -> None:
    """Work until SIGTERM or SIGINT. Raises WorkerStopped when a new process must take over."""
    log_lines.Process.name = "worker"
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    await _forget_future_deferrals(app)
    tasks = [
        asyncio.create_task(
            app.run_worker_async(
                queues=[queue],
                name=queue,
                concurrency=concurrency,
                install_signal_handlers=False,
                shutdown_graceful_timeout=STOP_SECONDS,
                stalled_worker_timeout=HEARTBEAT_LIMIT_SECONDS,
                worker_middleware=[_name_job, metrics.count_job],
                task_middleware=TASK_MIDDLEWARE,
            ),
            name=queue,
        )
        for queue, concurrency in CONCURRENCY.items()
    ]
    tasks += [asyncio.create_task(_keep_retrying(app)), asyncio.create_task(_watch_clock())]
    stopping = asyncio.create_task(stop.wait())
    await asyncio.wait([*tasks, stopping], return_when=asyncio.FIRST_COMPLETED)
    broken = [task for task in tasks if task.done()]
    for task in (*tasks, stopping):
        task.cancel()
    await asyncio.wait(tasks, timeout=STOP_SECONDS + 2)
    if broken and not stop.is_set():
        raise WorkerStopped(f"{broken[0].get_name()} ended: {broken[0].exception() or 'without a word'}")


async def _name_job(call_next: Callable[[], Awaitable[Any]], context: Any, worker: Any) -> Any:
    """Procrastinate's hook around each job: its log lines say which it is."""
    job = log_lines.about_job(context.job.id, context.job.task_name, context.job.task_kwargs)
    with log_lines.context(lambda: job):
        return await call_next()


async def retry_stalled(app: App) -> int:
    """Queue again the jobs whose worker died; how many. Takes no lock, so nothing that a dead worker left can stop it."""
    count = 0
    for job in await app.job_manager.get_stalled_jobs(seconds_since_heartbeat=HEARTBEAT_LIMIT_SECONDS):
        if job.attempts >= MAX_ATTEMPTS:
            log.error("%s was given up: its worker died %d times", job.call_string, job.attempts)
            await app.job_manager.finish_job(job, Status.FAILED, delete_job=False)
            continue
        log.warning("%s is queued again: its worker died", job.call_string)
        count += 1
        try:
            await app.job_manager.retry_job(job)
        except UniqueViolation:  # the same periodic job was queued since, and waits behind this one
            await app.job_manager.finish_job(job, Status.ABORTED, delete_job=True)
    return count


async def _keep_retrying(app: App) -> None:
    while True:
        await retry_stalled(app)
        await asyncio.sleep(RETRY_STALLED_SECONDS)


async def _watch_clock() -> None:
    """Ends when the clock was set back: Procrastinate would defer nothing until the old time is reached again."""
    offset = time.time() - time.monotonic()
    while True:
        await asyncio.sleep(CLOCK_CHECK_SECONDS)
        now_offset = time.time() - time.monotonic()
        if now_offset < offset - CLOCK_STEP_SECONDS:
            raise WorkerStopped(f"the clock was set back by {offset - now_offset:.0f} s")
        offset = now_offset


async def _forget_future_deferrals(app: App) -> None:
    """Periodic jobs noted at a time that is yet to come by our clock would not be deferred until then."""
    await app.connector.execute_query_async(
        "DELETE FROM procrastinate_periodic_defers WHERE defer_timestamp > %(now)s", now=int(time.time())
    )
