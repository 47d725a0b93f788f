"""Takes away what the system leans on, while people talk; the money is counted as after every other round.

`FAULTS` is the table of what can go: how it goes, how it comes back, and what `/readyz` must say meanwhile. Everything
must be back by itself within a minute of the cause's end (`BACK_SECONDS`). `Supervisor` does what `make run` and the
containers' restart policy do: a process that ends is started again.
"""

import asyncio
import sys
import time
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import psycopg

from core.jobs import job_status
from notices.models import Notice
from notices.services.enqueue import enqueue
from notices.states import NoticeKind, NoticeState
from tests.full_stack.chaos import Chaos
from tests.full_stack.database import ask
from tests.full_stack.dependencies import Dependencies
from tests.full_stack.mail_server import REFUSE, file_name
from tests.full_stack.people import Manner
from tests.full_stack.process import Process
from tests.full_stack.small_disk import fill_until_gone, make_room
from tests.full_stack.writing import forbid_writing

BACK_SECONDS = 60.0
SHOWN_SECONDS = 45.0  # a worker counts as dead when it was silent for 30
LONGEST_SECONDS = 8.0  # of a fault that is shown
NOT_READY = "not ready"
EVERYBODY_ELSE = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND datname IS NOT NULL"

Deed = Callable[[Chaos], Awaitable[None]]


@dataclass(frozen=True)
class Fault:
    """`shown`: the name in `degraded` of `/readyz`, NOT_READY for a 503, or empty where it is over at once."""

    name: str
    begins: Deed
    ends: Deed
    shown: str
    needs_worker: bool = False


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
        self.process.go_on()
        await self.process.stop()

    async def _keep(self) -> None:
        while True:
            await asyncio.sleep(0.5)
            if not self.process.is_running:
                await self.process.start(ready=False)


def worker_process(directory: Path, environment: dict[str, str]) -> Process:
    """The background worker of a system; ready once it is heard of."""

    async def is_ready() -> bool:
        return bool((await ask(job_status)).workers)

    command = [sys.executable, "manage.py", "run_worker"]
    return Process("worker", command, environment, directory / "worker.log", is_ready)


def beside(chaos: Chaos) -> Dependencies:
    assert chaos.beside is not None
    return chaos.beside


async def pause(of: Callable[[Chaos], Process], chaos: Chaos) -> None:
    of(chaos).pause()


async def go_on(of: Callable[[Chaos], Process], chaos: Chaos) -> None:
    of(chaos).go_on()


async def kill(of: Callable[[Chaos], Process], chaos: Chaos) -> None:
    await of(chaos).kill()


async def start(of: Callable[[Chaos], Process], chaos: Chaos) -> None:
    await of(chaos).start()


async def freeze_postgres(chaos: Chaos) -> None:
    assert chaos.server is not None
    chaos.server.freeze()


async def thaw_postgres(chaos: Chaos) -> None:
    assert chaos.server is not None
    chaos.server.thaw()


async def fill_disk_of_postgres(chaos: Chaos) -> None:
    """Until the server is gone. Only where it has a small disk to itself."""
    assert chaos.server is not None
    await asyncio.to_thread(fill_until_gone, chaos.server.cluster)


async def empty_disk_of_postgres(chaos: Chaos) -> None:
    """There is room, and whoever keeps the server alive starts it again."""
    assert chaos.server is not None
    make_room(chaos.server.cluster)
    await asyncio.to_thread(chaos.server.start)


async def cut_connections(chaos: Chaos) -> None:
    """Every session of the database is ended at once."""
    assert chaos.server is not None
    with psycopg.connect(chaos.server.cluster.url(), autocommit=True) as database:
        database.execute(EVERYBODY_ELSE)


async def fill_journal(chaos: Chaos) -> None:
    forbid_writing(chaos.system.adapter.pid, beyond="adapter.journal")


async def empty_journal(chaos: Chaos) -> None:
    forbid_writing(chaos.system.adapter.pid, beyond=None)


async def refuse_mail(chaos: Chaos) -> None:
    (beside(chaos).mails / REFUSE).touch()


async def take_mail(chaos: Chaos) -> None:
    (beside(chaos).mails / REFUSE).unlink()


async def nothing(chaos: Chaos) -> None:
    """It is over already."""


def adapter(chaos: Chaos) -> Process:
    return chaos.system.adapter


def redis(chaos: Chaos) -> Process:
    return beside(chaos).redis


def mail(chaos: Chaos) -> Process:
    return beside(chaos).mail


FAULTS = [
    Fault("frozen-adapter", partial(pause, adapter), partial(go_on, adapter), "Phone system"),
    Fault("full-journal", fill_journal, empty_journal, "Journal of calls"),
    Fault("frozen-postgres", freeze_postgres, thaw_postgres, NOT_READY),
    Fault("full-database", fill_disk_of_postgres, empty_disk_of_postgres, NOT_READY),
    Fault("connections", cut_connections, nothing, ""),
    Fault("killed-redis", partial(kill, redis), partial(start, redis), "Redis"),
    Fault("frozen-redis", partial(pause, redis), partial(go_on, redis), "Redis"),
    Fault("killed-mail", partial(kill, mail), partial(start, mail), "Mail", needs_worker=True),
    Fault("frozen-mail", partial(pause, mail), partial(go_on, mail), "Mail", needs_worker=True),
    Fault("refusing-mail", refuse_mail, take_mail, "Mail", needs_worker=True),
]


async def meet(*faults: Fault, chaos: Chaos) -> None:
    """One stays in its call, one leaves while it lasts, one is clicked; a letter is written; afterwards all is as before."""
    async with AsyncExitStack() as exits:
        letter: Notice | None = None
        if any(fault.needs_worker for fault in faults):
            worker = worker_process(chaos.system.directory, chaos.system.web.environment)
            await exits.enter_async_context(Supervisor(worker))
        stays, leaves, clicked = await chaos.callers_of([Manner()] * 3)
        await asyncio.gather(stays.call_and_join(), leaves.call_and_join())
        async with AsyncExitStack() as ends:
            for fault in faults:
                await fault.begins(chaos)
                ends.push_async_callback(fault.ends, chaos)
                chaos.kills[fault.name] += 1
            click = asyncio.create_task(chaos.click(clicked))
            if any(fault.needs_worker for fault in faults):
                letter = await ask(_write_letter)
            chaos.put_down(leaves)
            for fault in faults:
                await _until_shown(chaos, fault.name, fault.shown)
            await asyncio.sleep(chaos.chance.uniform(0, LONGEST_SECONDS))
        for fault in faults:
            is_over = partial(_is_over, chaos, fault.shown)
            await _until(chaos, is_over, BACK_SECONDS, f"{fault.name} is shown a minute after its end")
        if letter is not None:
            has_arrived = partial(_has_arrived, chaos, letter)
            await _until(chaos, has_arrived, BACK_SECONDS, f"{faults}: a letter did not arrive")
        await click
        await chaos.hang_up(stays, clicked)
        await chaos.until_over(stays, leaves, clicked)


async def kill_worker(chaos: Chaos) -> None:
    """Killed, then another one frozen until it is seen to be silent, and killed: no job stays behind."""
    environment = chaos.system.web.environment
    async with Supervisor(worker_process(chaos.system.directory, environment)) as supervisor:
        await asyncio.sleep(chaos.chance.uniform(0, 6))  # some job is likely under way
        await supervisor.process.kill()
        await asyncio.sleep(chaos.chance.uniform(3, 8))
        supervisor.process.pause()
        await _until_shown(chaos, "worker", "Background workers")
        await supervisor.process.kill()
        chaos.kills["worker"] += 2
        await _until(
            chaos, _has_no_trouble_with_jobs, BACK_SECONDS, "jobs are late or stuck after the worker's death"
        )


async def _has_no_trouble_with_jobs() -> bool:
    status = await ask(job_status)
    return bool(status.workers) and not status.stuck and not status.late


def _write_letter() -> Notice:
    return enqueue(NoticeKind.NO_ACCOUNT, address="somebody@aeims.test")


async def _has_arrived(chaos: Chaos, letter: Notice) -> bool:
    """Whether the mail server has it and our outbox knows."""
    state = await ask(lambda: Notice.objects.get(pk=letter.pk).state)
    return state == NoticeState.SENT and (beside(chaos).mails / file_name(letter.message_id)).exists()


async def _until_shown(chaos: Chaos, fault: str, shown: str) -> None:
    if shown:
        await _until(chaos, partial(_is_shown, chaos, shown), SHOWN_SECONDS, f"{fault} is not shown")


async def _is_shown(chaos: Chaos, what: str) -> bool:
    degraded = await _degraded(chaos)
    return degraded is None if what == NOT_READY else degraded is not None and what in degraded


async def _is_over(chaos: Chaos, what: str) -> bool:
    degraded = await _degraded(chaos)
    return degraded is not None and what not in degraded


async def _degraded(chaos: Chaos) -> list[str] | None:
    """What `/readyz` says is not well; None when it is not ready, or says nothing within five seconds."""
    url = chaos.system.base_of(chaos.system.web) + "/readyz"
    try:
        async with (
            asyncio.timeout(5),
            chaos.system.http.get(url, headers={"Host": "localhost"}) as answer,
        ):
            return list((await answer.json())["degraded"]) if answer.status == 200 else None
    except (TimeoutError, OSError):
        return None


async def _until(chaos: Chaos, is_so: Callable[[], Awaitable[bool]], seconds: float, trouble: str) -> None:
    """Wait for it; what does not come in time is a trouble of the run."""
    began = time.monotonic()
    while not await is_so():
        if time.monotonic() - began > seconds:
            chaos.troubles.append(trouble)
            return
        await asyncio.sleep(0.3)


BY_NAME = {fault.name: fault for fault in FAULTS}
ROUNDS: dict[str, Callable[[Chaos], Awaitable[None]]] = {"worker": kill_worker}
ROUNDS |= {name: lambda chaos, fault=fault: meet(fault, chaos=chaos) for name, fault in BY_NAME.items()}
