"""What the worker itself watches: its clock, and the jobs of workers that died."""

import asyncio
from typing import Any

import pytest
from procrastinate.contrib.django import app
from procrastinate.jobs import Job

from core import worker
from core.worker import MAX_ATTEMPTS, WorkerStopped, retry_stalled


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
