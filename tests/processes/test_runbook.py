"""The runbook's entries about processes, each followed on the product as it runs: looked at, started again, and its alarm at rest.

Here every service is a process of this machine. What `docker compose ps` says is whether it runs, `docker compose logs` what it
wrote, and a restart is its next start.
"""

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import aiohttp
import psycopg
import pytest
from pytest_django import DjangoDbBlocker

from billing.services.seal_ledger import seal_ledger
from core.metrics import SOCKETS_SOCKET
from telephony.management.commands.run_asterisk_adapter import REPLACED_EXIT_CODE
from tests.full_stack.database import Server, ask, server
from tests.full_stack.dependencies import redis
from tests.full_stack.http_client import HttpClient
from tests.full_stack.people import People
from tests.full_stack.process import Process
from tests.processes.test_watching import KEY, Product, product
from tests.processes.test_worker import worker
from tests.processes.web import SESSION_PAGE, web
from tests.watching.rules import Series, fires, series_of
from tools.environment import ROOT

pytestmark = [pytest.mark.long, pytest.mark.slow, pytest.mark.timeout(900)]
ADMIN = "admin.localhost"


async def scrape(http: aiohttp.ClientSession, address: str, path: str, job: str) -> Series:
    """What Prometheus has of this target: whether it is up, and what it says."""
    headers = {"Authorization": f"Bearer {KEY}", "Host": "localhost"}
    key = ("up", (("instance", address), ("job", job)))
    try:
        async with http.get(f"http://{address}{path}", headers=headers) as answer:
            text = await answer.text()
            return {
                **(series_of(text, job) if answer.status == 200 else {}),
                key: float(answer.status == 200),
            }
    except aiohttp.ClientError:
        return {key: 0.0}


async def read(running: Product) -> Series:
    """All targets of `deploy/prometheus/prometheus.yml`; of a kind with two instances the first one's figures."""
    first, second = running.events(), running.events("web2")
    targets = [
        (second, "/metrics", "web"), (first, "/metrics", "web"), (second, "/metrics/sockets", "sockets"),
        (first, "/metrics/sockets", "sockets"), (first, "/metrics/worker", "worker"),
        (running.adapter.environment["ADAPTER_LISTEN"], "/metrics", "adapter"),
    ]  # fmt: skip
    series: Series = {}
    for target in targets:
        series |= await scrape(running.servers.http, *target)
    return series


async def read_once_gone(running: Product, *targets: tuple[str, str]) -> Series:
    """The same, once these instances of a job are down: children of a killed process end a moment after it."""
    async with asyncio.timeout(30):
        while True:
            series = await read(running)
            if not any(series["up", (("instance", address), ("job", job))] for job, address in targets):
                return series
            await asyncio.sleep(0.2)


def run(process: Process, *command: str, **changes: str) -> "subprocess.CompletedProcess[str]":
    """A command in the container of this process."""
    return subprocess.run(
        [sys.executable, *command], cwd=ROOT, env=process.environment | changes, capture_output=True, text=True, check=False
    )  # fmt: skip


async def doctor(process: Process) -> dict[str, dict[str, str]]:
    """What `manage.py doctor` says there, by part."""
    said = await asyncio.to_thread(run, process, "manage.py", "doctor", "--json")
    return {finding["part"]: finding for finding in map(json.loads, said.stdout.splitlines())}


async def staff(running: Product) -> HttpClient:
    """A browser in which somebody of staff is logged in."""
    return HttpClient(running.servers.http, running.servers.base, ADMIN, await ask(People().staff))


async def home(running: Product) -> str:
    """The staff's home page."""
    return " ".join((await (await staff(running)).get("/")).text.split())


async def home_says(running: Product, words: str) -> None:
    """Wait until it does."""
    async with asyncio.timeout(60):
        while words not in await home(running):
            await asyncio.sleep(1)


def log_of(process: Process) -> str:
    return process.log.read_text(errors="replace")


async def test_servers_and_adapter_are_looked_at_and_started_again(
    tmp_path: Path, system_database: str
) -> None:
    """WebDown, SocketsDown, ServerMissing, AdapterDown."""
    async with product(tmp_path, system_database) as running:
        await web_down(running)
        await sockets_down(running)
        await server_missing(running)
        await adapter_down(running)


async def test_the_worker_is_looked_at_and_started_again(tmp_path: Path, system_database: str) -> None:
    """WorkerDown, WorkersSilent, QueueLate."""
    async with product(tmp_path, system_database) as running:
        await worker_down(running)
        await workers_silent_and_queue_late(running, system_database)


async def test_failed_jobs_are_looked_at_and_retried(tmp_path: Path, system_database: str) -> None:
    """JobsFailed."""
    async with product(tmp_path, system_database) as running:
        await jobs_failed(running, system_database)


async def web_down(running: Product) -> None:
    """WebDown."""
    processes = running.servers.processes
    both = [processes["web"], processes["web2"]]
    before = await read(running)
    for process in both:
        await process.kill()
    after = await read_once_gone(running, ("web", running.events()), ("web", running.events("web2")))
    assert not any(process.is_running for process in both)
    probe = ("-m", "aeims.serving.probe", "web", "/readyz")
    assert [run(process, *probe).returncode for process in both] == [1, 1]
    assert subprocess.run(["df", "-h"], capture_output=True, check=False).returncode == 0
    await processes["web"].start(ready=False, AEIMS_ENV="production", SECRET_KEY="short")
    async with asyncio.timeout(60):
        while processes["web"].is_running:
            await asyncio.sleep(0.1)
    assert "SECRET_KEY" in "\n".join(log_of(processes["web"]).splitlines()[-3:]), log_of(processes["web"])[
        -2000:
    ]
    await asyncio.gather(*(process.start() for process in both))
    assert [run(process, *probe).returncode for process in both] == [0, 0]
    assert fires("WebDown", before, after, await read(running))


async def sockets_down(running: Product) -> None:
    """SocketsDown."""
    processes = running.servers.processes
    both = [processes["sockets"], processes["sockets2"]]
    before = await read(running)
    for process in both:
        await process.kill()
    after = await read(running)
    assert await running.servers.get(SESSION_PAGE) == 200, "pages work"
    await asyncio.gather(*(process.start() for process in both))
    for process in both:
        assert (Path(process.environment["AEIMS_RUN_DIR"]) / SOCKETS_SOCKET).is_socket()
    assert fires("SocketsDown", before, after, await read(running))


async def server_missing(running: Product) -> None:
    """ServerMissing."""
    second = running.servers.processes["web2"]
    before = await read(running)
    await second.kill()
    after = await read_once_gone(running, ("web", running.events("web2")))
    missing = [
        labels for (name, labels), up in after.items() if name == "up" and not up and ("job", "web") in labels
    ]
    assert missing == [(("instance", running.events("web2")), ("job", "web"))]
    assert await running.servers.get_at_once(SESSION_PAGE, 6) == [200] * 6, "the other serves everything"
    await second.start()
    assert fires("ServerMissing", before, after, await read(running))


async def adapter_down(running: Product) -> None:
    """AdapterDown."""
    before = await read(running)
    await running.adapter.kill()
    after = await read(running)
    worker_of_it = running.worker
    said = (await doctor(worker_of_it))["Phone system"]
    assert (said["level"], said["words"]) == (
        "problem",
        "The adapter isn't responding: no calls can be made.",
    )
    await running.adapter.start()
    assert (await doctor(worker_of_it))["Phone system"]["level"] == "ok"
    assert REPLACED_EXIT_CODE == 75
    assert fires("AdapterDown", before, after, await read(running))


async def worker_down(running: Product) -> None:
    """WorkerDown. Its row in the database is alive for half a minute more: the home page says then that there is none."""
    before = await read(running)
    await running.worker.kill()
    after = await read(running)
    await home_says(running, "Background workers: needs attention")
    await running.worker.start()
    await home_says(running, "Background workers: OK")
    assert fires("WorkerDown", before, after, await read(running))


async def workers_silent_and_queue_late(running: Product, url: str) -> None:
    """WorkersSilent, QueueLate: a worker that runs and does nothing."""
    before = await read(running)
    running.worker.pause()
    with psycopg.connect(url, autocommit=True) as database:
        database.execute("UPDATE procrastinate_workers SET last_heartbeat = now() - interval '5 min'")
        job = _deferred(database, "billing.tasks.seal_new_transactions", "money")
        database.execute(
            "UPDATE procrastinate_events SET at = now() - interval '5 min' WHERE job_id = %s", [job]
        )
        after = await read(running)
        late = {dict(labels)["queue"] for (name, labels), age in after.items()
                if name == "aeims_queue_oldest_seconds" and age > 120}  # fmt: skip
        assert late == {"money"}
        assert "billing.tasks.seal_new_transactions late" in await home(running)
        [(connections,)] = database.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
        ).fetchall()
        assert connections > 0, "PostgreSQL can be reached"
        desk = await staff(running)
        listed = (await desk.get("/procrastinate/procrastinatejob/?status__exact=todo")).text
        assert "billing.tasks.seal_new_transactions" in listed
        await running.worker.kill()
        await running.worker.start()
        await _until(database, job, "succeeded")
    cured = await read(running)
    assert fires("WorkersSilent", before, after, cured)
    assert fires("QueueLate", before, after, cured)


async def jobs_failed(running: Product, url: str) -> None:
    """JobsFailed: a directory that is not there. Made, and the job retried in the admin."""
    before = await read(running)
    await ask(People().pair)
    await ask(seal_ledger)
    missing = Path(running.worker.environment["AEIMS_DATA_DIR"]) / "missing"
    await running.worker.stop()
    await running.worker.start(AEIMS_LEDGER_HEADS_FILE=str(missing / "heads"))
    with psycopg.connect(url, autocommit=True) as database:
        job = _deferred(database, "billing.tasks.write_ledger_head", "money")
        await _until(database, job, "failed")
        after = await read(running)
        assert "billing.tasks.write_ledger_head failed" in await home(running)
        lines = [json.loads(line) for line in log_of(running.worker).splitlines() if line.startswith("{")]
        [trace] = {
            line["trace"]
            for line in lines
            if line.get("task") == "billing.tasks.write_ledger_head" and "trace" in line
        }
        assert "FileNotFoundError" in trace
        missing.mkdir()
        desk = await staff(running)
        listed = await desk.get("/procrastinate/procrastinatejob/?status__exact=failed")
        assert "Retry Job" in listed.text
        await desk.submit("/procrastinate/procrastinatejob/", action="retry", _selected_action=str(job))
        await _until(database, job, "succeeded")
    assert fires("JobsFailed", before, after, await read(running))


def _deferred(database: "psycopg.Connection[tuple[int]]", task: str, queue: str) -> int:
    row = database.execute(
        "INSERT INTO procrastinate_jobs (queue_name, task_name, args, status) VALUES (%s, %s, '{\"timestamp\": 0}', 'todo')"
        " RETURNING id", [queue, task],
    ).fetchone()  # fmt: skip
    assert row is not None
    return row[0]


async def _until(database: "psycopg.Connection[tuple[int]]", job: int, status: str) -> None:
    async with asyncio.timeout(90):
        while database.execute(
            "SELECT status::text FROM procrastinate_jobs WHERE id = %s", [job]
        ).fetchone() != (status,):
            await asyncio.sleep(0.2)


async def test_redis_is_looked_at_and_started_again(tmp_path: Path, system_database: str) -> None:
    """RedisDown."""
    async with redis(tmp_path) as (store, url):
        settings = {"REDIS_URL": url, "AEIMS_METRICS_KEY": KEY}
        async with web(tmp_path, system_database, **settings) as browser:
            address = browser.base.removeprefix("http://")
            before = await scrape(browser.http, address, "/metrics", "web")
            await store.kill()
            after = await scrape(browser.http, address, "/metrics", "web")
            assert not store.is_running
            assert "Redis" in log_of(store)
            found = (await doctor(browser.process))["Redis"]
            assert (found["level"], found["cure"]) == ("problem", "Start Redis, or correct REDIS_URL.")
            await store.start()
            await asyncio.sleep(2.5)
            assert (await doctor(browser.process))["Redis"]["level"] == "ok"
            assert fires("RedisDown", before, after, await scrape(browser.http, address, "/metrics", "web"))


@pytest.fixture
def postgres_of_our_own(tmp_path: Path, django_db_blocker: DjangoDbBlocker) -> Iterator[Server]:
    with django_db_blocker.unblock(), server(tmp_path / "server") as ours:
        yield ours


async def test_postgresql_is_looked_at_and_started_again(tmp_path: Path, postgres_of_our_own: Server) -> None:
    """DatabaseDown: gone, and then there with no connection left for web."""
    url = postgres_of_our_own.url
    async with web(tmp_path, url, AEIMS_METRICS_KEY=KEY) as browser, worker(tmp_path, url) as process:
        address = browser.base.removeprefix("http://")
        before = await scrape(browser.http, address, "/metrics", "web")
        postgres_of_our_own.kill()
        after = await scrape(browser.http, address, "/metrics", "web")
        assert await browser.get(SESSION_PAGE) == 503
        assert postgres_of_our_own.cluster.log.read_text()
        found = (await doctor(browser.process))["Database"]
        assert (found["level"], found["cure"]) == ("problem", "Start PostgreSQL, or correct DATABASE_URL.")
        await asyncio.to_thread(postgres_of_our_own.start)
        assert await browser.get(SESSION_PAGE) == 200
        async with asyncio.timeout(60):
            while process.is_running:
                await asyncio.sleep(0.1)
        assert process.exit_code == os.EX_TEMPFAIL, "its supervisor starts it again"
        await process.start()
        assert fires("DatabaseDown", before, after, await scrape(browser.http, address, "/metrics", "web"))


async def test_connections_of_postgresql_that_somebody_holds_are_ended(
    tmp_path: Path, postgres_of_our_own: Server
) -> None:
    """DatabaseDown: it is there, and has no connection left for web."""
    url, administrators = postgres_of_our_own.url, postgres_of_our_own.cluster.url("postgres")
    held: list[psycopg.Connection[tuple[object, ...]]] = []
    async with web(tmp_path, url, AEIMS_METRICS_KEY=KEY) as browser:
        address = browser.base.removeprefix("http://")
        before = await scrape(browser.http, address, "/metrics", "web")
        with psycopg.connect(administrators, autocommit=True) as desk:
            desk.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()"
            )
        with pytest.raises(psycopg.OperationalError, match=r"connection slots|too many"):
            while True:
                held.append(psycopg.connect(url, application_name="somebody"))
        assert await browser.get(SESSION_PAGE) == 503
        after = await scrape(browser.http, address, "/metrics", "web")
        with psycopg.connect(administrators, autocommit=True) as desk:
            most = desk.execute(
                "SELECT usename, application_name, state, count(*), min(state_change) FROM pg_stat_activity GROUP BY 1, 2, 3 ORDER BY 4 DESC"
            ).fetchone()
            assert most is not None
            assert (most[1], most[2], most[3]) == ("somebody", "idle", len(held))
            ended = desk.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = %s AND state LIKE 'idle%%'"
                " AND state_change < now() - interval '0 minute' AND application_name = 'somebody'", [most[0]],
            ).fetchall()  # fmt: skip
            assert len(ended) == len(held)
        for connection in held:
            connection.close()
        assert await browser.get(SESSION_PAGE) == 200
        assert fires("DatabaseDown", before, after, await scrape(browser.http, address, "/metrics", "web"))
