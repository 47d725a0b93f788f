"""What the worker itself watches: its clock, and the jobs of workers that died."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from types import SimpleNamespace
from typing import Any

import pytest
from django.db import connections, transaction
from procrastinate.contrib.django import app
from procrastinate.contrib.django.models import ProcrastinateJob
from procrastinate.jobs import Job

from core import worker
from core.worker import MAX_ATTEMPTS, WorkerStopped, retry_stalled
from notices.services.outbox import SEND


class SteppedTime:
    """Stands in for the module `time` in the worker: `step` moves the date, not the monotonic clock."""

    def __init__(self) -> None:
        self.step = 0.0

    def time(self) -> float:
        return self.monotonic() + self.step

    def monotonic(self) -> float:
        return asyncio.get_running_loop().time()


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> SteppedTime:
    stepped = SteppedTime()
    monkeypatch.setattr(worker, "time", stepped)
    monkeypatch.setattr(worker, "CLOCK_CHECK_SECONDS", 0.01)
    return stepped


async def test_a_clock_that_is_set_back_ends_the_worker(clock: SteppedTime) -> None:
    """Started anew, it forgets what it noted of the hour to come (`tests/processes/test_worker.py`). Forward does no harm."""
    watching = asyncio.create_task(worker._watch_clock())
    for step in (0, 3600, 3599):
        clock.step = step
        await asyncio.sleep(0.05)
        assert not watching.done()
    clock.step = 0
    with pytest.raises(WorkerStopped, match="set back by 3599 s"):
        await asyncio.wait_for(watching, 5)


class Jobs:
    """Procrastinate's manager with two jobs of a dead worker, one of which has had its tries."""

    def __init__(self) -> None:
        self.done: list[tuple[str, int | None]] = []

    async def get_stalled_jobs(self, **_: Any) -> list[Job]:
        kinds = {"queue": "money", "lock": None, "queueing_lock": None, "task_name": "a.job"}
        return [Job(id=n, attempts=n, **kinds) for n in (MAX_ATTEMPTS - 1, MAX_ATTEMPTS)]

    async def retry_job(self, job: Job) -> None:
        self.done.append(("again", job.id))

    async def finish_job(self, job: Job, status: Any, **_: Any) -> None:
        self.done.append((status.value, job.id))


async def test_a_job_that_kills_its_workers_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    jobs = Jobs()
    with app.replace_connector(app.connector) as copy:
        monkeypatch.setattr(copy, "job_manager", jobs)
        assert await retry_stalled(copy) == 1
    assert jobs.done == [("again", MAX_ATTEMPTS - 1), ("failed", MAX_ATTEMPTS)]


@pytest.mark.django_db(transaction=True)
def test_what_a_job_defers_belongs_to_the_transaction_of_its_rows() -> None:
    """A job deferred by a job begins after the commit, and not at all if the rows it is about are rolled back."""

    def defer_and_fail() -> None:
        try:
            with transaction.atomic():
                app.configure_task(SEND, allow_unknown=True).defer(notice_id=1)
                assert ProcrastinateJob.objects.filter(task_name=SEND).exists()
                raise LookupError
        finally:
            connections.close_all()

    async def work() -> None:
        async with app.open_async():
            with pytest.raises(LookupError):
                await asyncio.to_thread(defer_and_fail)

    with app.replace_connector(worker.connector_for_worker(app)):
        asyncio.run(work())
    assert not ProcrastinateJob.objects.filter(task_name=SEND).exists()


@pytest.mark.django_db(transaction=True)
def test_a_thread_of_the_worker_keeps_no_connection_after_its_job() -> None:
    """There are more threads than connections in the pool: a kept one is one that no other job gets."""

    def run_a_job() -> bool:
        job: Any = ProcrastinateJob.objects.exists
        context = SimpleNamespace(job=SimpleNamespace(task_name="a.job"))
        for middleware in reversed(worker.TASK_MIDDLEWARE):
            job = partial(middleware, job, context, None)
        job()
        return connections["default"].connection is None

    with ThreadPoolExecutor(1) as pool:
        assert pool.submit(run_a_job).result()
