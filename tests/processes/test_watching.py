"""Prometheus and Alertmanager watch the product as it runs: web, sockets, worker, and an adapter on simulated phones."""

import asyncio
import json
import os
import re
import signal
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import aiohttp
import pytest

from customers.models import Customer
from tests.full_stack.caller import BRAND_HOST
from tests.full_stack.database import ask
from tests.full_stack.http_client import HttpClient
from tests.full_stack.people import People
from tests.full_stack.process import Process
from tests.lab.ports import HOST, free_ports
from tests.processes.test_servers import workers_of
from tests.processes.web import Web, client, two_of_each
from tests.watching.prometheus import Prometheus, watched
from tests.watching.rules import RULES, expressions
from tools.environment import ROOT

pytestmark = pytest.mark.slow
KEY = "key-of-the-metrics-in-tests-0123456789"
TARGETS = 6  # two webs and sockets, a worker, an adapter


@dataclass(frozen=True)
class Product:
    """All that runs."""

    servers: Web
    worker: Process
    adapter: Process

    def events(self, web: str = "web") -> str:
        """Where this web is read by Prometheus, beside the proxy."""
        return self.servers.processes[web].environment["WEB_EVENTS_LISTEN"]

    async def read(self, path: str, key: str = KEY) -> tuple[int, str]:
        headers = {"Authorization": f"Bearer {key}", "Host": "localhost"}
        async with self.servers.http.get(f"http://{self.events()}{path}", headers=headers) as answer:
            return answer.status, await answer.text()


@asynccontextmanager
async def product(directory: Path, database_url: str) -> AsyncIterator[Product]:
    """Within: everything runs on the database at this address."""
    listen = f"{HOST}:{free_ports().http}"
    settings = {
        "AEIMS_METRICS_KEY": KEY, "ADAPTER_LISTEN": listen, "ASTERISK_ADAPTER_URL": f"http://{listen}",
        "TELEPHONY_LAB_PREFIXES": "+1999", "AEIMS_THROTTLES": "0", "LOG_FORMAT": "json", "LOG_LEVEL": "INFO",
        "EMAIL_URL": f"smtp://{HOST}:{free_ports().http}", "DATABASE_POOL_SIZE": "4",
    }  # fmt: skip
    async with two_of_each(directory, database_url, **settings) as servers:
        environment = servers.processes["web"].environment | {
            "ADAPTER_JOURNAL": str(directory / "journal"), "ASTERISK_CEL_FILE": str(directory / "cel.csv"),
        }  # fmt: skip
        address = {
            "worker": (environment["WEB_EVENTS_LISTEN"], "/metrics/worker"),
            "adapter": (listen, "/metrics"),
        }
        commands = {"worker": ["run_worker"], "adapter": ["run_asterisk_adapter", "--simulate"]}
        processes = {
            name: Process(
                name, [sys.executable, "manage.py", *commands[name]], environment, directory / f"{name}.log",
                _serves(servers.http, *address[name]),
            )
            for name in commands
        }  # fmt: skip
        try:
            await asyncio.gather(*(process.start() for process in processes.values()))
            yield Product(servers, processes["worker"], processes["adapter"])
        finally:
            await asyncio.gather(*(process.stop() for process in processes.values()))


def _serves(http: aiohttp.ClientSession, address: str, path: str) -> "Callable[[], object]":
    async def asked() -> bool:
        headers = {"Authorization": f"Bearer {KEY}", "Host": "localhost"}
        try:
            async with http.get(f"http://{address}{path}", headers=headers) as answer:
                return answer.status == 200
        except aiohttp.ClientError:
            return False

    return asked


async def test_an_adapter_that_dies_is_told_to_the_pager_and_the_mailbox(tmp_path: Path) -> None:
    """The short form: one process, which needs no database."""
    listen = f"{HOST}:{free_ports().http}"
    environment = os.environ | {
        "AEIMS_METRICS_KEY": KEY, "ADAPTER_LISTEN": listen, "ADAPTER_JOURNAL": str(tmp_path / "journal"),
        "ASTERISK_CEL_FILE": str(tmp_path / "cel.csv"),
    }  # fmt: skip
    async with client() as http:
        command = [sys.executable, "manage.py", "run_asterisk_adapter", "--simulate"]
        adapter = Process(
            "adapter", command, environment, tmp_path / "adapter.log", _serves(http, listen, "/metrics")
        )
        try:
            await adapter.start()
            async with watched(tmp_path / "prometheus", {"adapter": listen}, KEY) as prometheus:
                await prometheus.until("up == 1")
                for rule in RULES:
                    await prometheus.query(rule["expr"])
                await dies_and_is_told(adapter, prometheus)
                await adapter.start()
                await prometheus.rests("AdapterDown")
        finally:
            await adapter.stop()


async def dies_and_is_told(adapter: Process, prometheus: Prometheus) -> None:
    await prometheus.fires("AdapterDown", adapter.kill)
    page = await prometheus.paged("AdapterDown")
    assert (page["status"], page["labels"]["severity"]) == ("firing", "page")
    assert page["annotations"]["runbook"] == "docs/operations.md#adapterdown"
    await prometheus.mailed()
    assert set(prometheus.mails) == {"Subject: Something to look at"}


@pytest.mark.long
async def test_the_product_is_watched_and_each_process_that_dies_is_told(
    tmp_path: Path, system_database: str
) -> None:
    async with product(tmp_path, system_database) as running:
        both = f"{running.events()},{running.events('web2')}"
        targets = {
            "web": both, "sockets": both, "worker": running.events(),
            "adapter": running.adapter.environment["ADAPTER_LISTEN"],
        }  # fmt: skip
        async with watched(tmp_path / "prometheus", targets, KEY) as prometheus:
            await prometheus.until("up == 1", lambda found: len(found) == TARGETS)
            call_id, request_id = await talk(running)
            await the_call_is_followed_through_all_logs(tmp_path, call_id, request_id)
            await no_count_is_lost_with_a_worker_of_gunicorn(running)
            await every_expression_is_good(prometheus)
            await each_process_that_dies_is_told(running, prometheus)


async def talk(running: Product) -> tuple[str, str]:
    """One call on the simulated phones, from the click to its bill; its id and that of the request that began it."""
    pair = await ask(People().pair)
    page = HttpClient(
        running.servers.http, running.servers.base, BRAND_HOST, pair.customer_person.session_key
    )
    await ask(Customer.objects.filter(pk=pair.customer.pk).update, mails_receipts=True)
    begun = await page.post("/api/calls/initiate/", {"operator_id": pair.operator.pk})
    assert begun.status == 200, begun.text
    async with asyncio.timeout(60):
        while True:
            told = (await page.get(f"/api/calls/status/?call_id={begun.json['call_id']}")).json
            if told["status"] == "ended":
                break
            if told["status"] == "answered":
                await page.post("/api/calls/hangup/", {"call_id": begun.json["call_id"]})
            assert told["status"] in ("initiated", "ringing", "answered"), told
            await asyncio.sleep(0.25)
    [request_id] = re.findall(r"(?i)x-request-id': '([0-9a-f]{16})'", page.seen[0])
    return str(begun.json["call_id"]), request_id


async def the_call_is_followed_through_all_logs(directory: Path, call_id: str, request_id: str) -> None:
    """Each process wrote a line that leads to those of the next."""

    def line(process: str, message: str, **has: str) -> dict[str, str] | None:
        """The first line of this process that begins so and says all that."""
        text = "".join(path.read_text() for path in directory.glob(f"{process}*.log"))
        entries = [json.loads(entry) for entry in text.splitlines() if entry.startswith("{")]
        return next(
            (e for e in entries if e["message"].startswith(message) and has.items() <= e.items()), None
        )

    over = line("adapter", f"{call_id} over: hangup", call=call_id, request=request_id)
    assert over is not None
    assert over["process"] == "adapter"
    by_web = line("web", "deferred notices.send[", call=call_id, origin=request_id)
    assert by_web is not None
    assert by_web["request"] != request_id
    job = by_web["message"].partition("[")[2].rstrip("]")
    async with asyncio.timeout(60):  # the mail server is away, so the job defers another
        while line("worker", "deferred notices.send[", job=job, task="notices.send") is None:
            await asyncio.sleep(0.2)


async def no_count_is_lost_with_a_worker_of_gunicorn(running: Product) -> None:
    """Both count together, and what a dead one counted stays."""
    before = await _requests(running)
    os.kill(workers_of(running.servers)[0], signal.SIGKILL)
    async with asyncio.timeout(60):
        while True:
            try:
                if await _requests(running) > before:
                    break
            except aiohttp.ClientError:
                pass
            await asyncio.sleep(0.2)


async def _requests(running: Product) -> float:
    status, text = await running.read("/metrics")
    assert status == 200
    counted = [line for line in text.splitlines() if line.startswith("aeims_http_requests_total{")]
    return sum(float(line.rpartition(" ")[2]) for line in counted)


async def every_expression_is_good(prometheus: Prometheus) -> None:
    """Prometheus takes them all, and each panel of each dashboard shows something."""
    await prometheus.until("sum(increase(aeims_legs_dialed_total[1h])) + sum(aeims_jobs_total) > 0")
    for rule in RULES:
        await prometheus.query(rule["expr"])
    for board in sorted((ROOT / "deploy/grafana").glob("*.json")):
        for title, expression in expressions(json.loads(board.read_text())):
            assert await prometheus.until(expression), title


async def each_process_that_dies_is_told(running: Product, prometheus: Prometheus) -> None:
    """Killed, not asked to stop: Prometheus sees it, and Alertmanager tells the pager and the mailbox. Started again, as the
    runbook says, nothing is wrong any more.
    """
    processes = running.servers.processes
    await prometheus.fires("ServerMissing", processes["web2"].kill)
    assert await prometheus.query('ALERTS{alertname=~"WebDown|SocketsDown"}') == []
    await prometheus.fires("SocketsDown", processes["sockets"].kill)
    await prometheus.fires("WorkerDown", running.worker.kill)
    await dies_and_is_told(running.adapter, prometheus)
    await prometheus.fires("WebDown", processes["web"].kill)
    await prometheus.paged("WebDown")
    stopped = [processes["web"], processes["web2"], processes["sockets"], running.adapter]
    await asyncio.gather(*(process.start() for process in stopped))
    await running.worker.start()  # which is ready when web has read it
    for alert in ("WebDown", "ServerMissing", "SocketsDown", "WorkerDown", "AdapterDown"):
        await prometheus.rests(alert)
