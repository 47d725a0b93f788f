"""A real Prometheus and Alertmanager with the files of deploy/prometheus, changed in addresses and times alone."""

import asyncio
import json
import subprocess
import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import aiohttp
import yaml
from aiohttp import web
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from tests.lab.ports import HOST, free_ports
from tests.watching.rules import FOLDER

INTERVAL = "1s"
WAIT_SECONDS = 60.0


class Prometheus:
    """A running one. `pages` are the alerts that reached the pager, `mails` the subjects of those that were mailed."""

    def __init__(self, port: int, http: aiohttp.ClientSession) -> None:
        self._base, self._http = f"http://{HOST}:{port}/api/v1", http
        self.pages: list[dict[str, Any]] = []
        self.mails: list[str] = []

    async def query(self, expression: str) -> list[dict[str, Any]]:
        """The series that it comes to now. Fails where Prometheus does not take it."""
        address = f"{self._base}/query?{urlencode({'query': expression})}"
        async with self._http.get(address) as answer:
            if answer.status == 503:  # it is starting
                answer.raise_for_status()
            body = json.loads(await answer.text())
        assert body["status"] == "success", f"{expression}: {body}"
        data = body["data"]
        return data["result"] if data["resultType"] == "vector" else [{"value": data["result"]}]

    async def until(self, expression: str, is_enough: Callable[[list[Any]], bool] = bool) -> list[Any]:
        """What it comes to once that is enough: anything, unless told otherwise."""
        deadline = time.monotonic() + WAIT_SECONDS
        while True:
            try:
                if is_enough(found := await self.query(expression)):
                    return found
            except aiohttp.ClientError:
                found = []  # it is not up yet
            if time.monotonic() > deadline:
                raise AssertionError(f"{expression} stayed {found}")
            await asyncio.sleep(0.2)

    async def fires(self, alert: str, fault: Callable[[], Any]) -> None:
        """Quiet before the fault, firing after it."""
        await self.rests(alert)
        await fault()
        await self.until(f'ALERTS{{alertname="{alert}",alertstate="firing"}}')

    async def rests(self, alert: str) -> None:
        """Firing no more."""
        await self.until(f'ALERTS{{alertname="{alert}",alertstate="firing"}}', lambda found: not found)

    async def paged(self, alert: str) -> dict[str, Any]:
        """The alert, once the pager has it."""
        deadline = time.monotonic() + WAIT_SECONDS
        while True:
            for page in self.pages:
                if page["labels"]["alertname"] == alert:
                    return page
            assert time.monotonic() < deadline, f"{alert} did not reach the pager: {self.pages}"
            await asyncio.sleep(0.1)

    async def mailed(self) -> None:
        """Return once a mail came."""
        deadline = time.monotonic() + WAIT_SECONDS
        while not self.mails:
            assert time.monotonic() < deadline, "no mail came"
            await asyncio.sleep(0.1)


@asynccontextmanager
async def watched(directory: Path, targets: Mapping[str, str], key: str) -> AsyncIterator[Prometheus]:
    """Within: Prometheus reads these jobs of prometheus.yml at these addresses (commas between), and tells Alertmanager."""
    directory.mkdir()
    (directory / "key").write_text(key)
    own, managers, pager, mail = (free_ports().http for _ in range(4))
    _write(directory / "rules.yml", _rules())
    _write(directory / "prometheus.yml", _prometheus(targets, directory / "key", managers))
    _write(directory / "alertmanager.yml", _alertmanager(pager, mail))
    async with aiohttp.ClientSession() as http:
        running = Prometheus(own, http)
        mailbox = Controller(_Mailbox(running), hostname=HOST, port=mail)
        hook = await _pager(running, pager)
        mailbox.start()
        processes = [
            _started(
                directory, "prometheus", "--config.file=prometheus.yml", "--storage.tsdb.path=data",
                f"--web.listen-address={HOST}:{own}",
            ),
            _started(
                directory, "prometheus-alertmanager", "--config.file=alertmanager.yml", "--storage.path=alarms",
                f"--web.listen-address={HOST}:{managers}", "--cluster.listen-address=",
            ),
        ]  # fmt: skip
        try:
            yield running
        finally:
            for process in processes:
                process.terminate()
            for process in processes:
                await asyncio.to_thread(process.wait, 20)
            mailbox.stop()
            await hook.cleanup()


def _rules() -> dict[str, Any]:
    """As they are, but at once."""
    rules = yaml.safe_load((FOLDER / "rules.yml").read_text())
    for group in rules["groups"]:
        for rule in group["rules"]:
            rule.pop("for", None)
    return dict(rules)


def _prometheus(targets: Mapping[str, str], key: Path, managers: int) -> dict[str, Any]:
    config = yaml.safe_load((FOLDER / "prometheus.yml").read_text())
    config["global"] = dict.fromkeys(("scrape_interval", "scrape_timeout", "evaluation_interval"), INTERVAL)
    config["alerting"]["alertmanagers"] = [{"static_configs": [{"targets": [f"{HOST}:{managers}"]}]}]
    config["scrape_configs"] = [job for job in config["scrape_configs"] if job["job_name"] in targets]
    for job in config["scrape_configs"]:
        job["scheme"] = "http"
        del job["tls_config"]
        job["authorization"]["credentials_file"] = str(key)
        job["static_configs"] = [{"targets": targets[job["job_name"]].split(",")}]
    return dict(config)


def _alertmanager(pager: int, mail: int) -> dict[str, Any]:
    config = yaml.safe_load((FOLDER / "alertmanager.yml").read_text())
    for route in (config["route"], *config["route"]["routes"]):
        route["group_wait"] = "0s"
    for receiver in config["receivers"]:
        for hook in receiver.get("webhook_configs", ()):
            hook["url"] = f"http://{HOST}:{pager}/alerts"
        for mailbox in receiver.get("email_configs", ()):
            mailbox |= {"smarthost": f"{HOST}:{mail}", "require_tls": False, "hello": "localhost"}
            del mailbox["auth_username"], mailbox["auth_password_file"]
    return dict(config)


def _write(path: Path, content: dict[str, Any]) -> None:
    path.write_text(yaml.safe_dump(content))


def _started(directory: Path, *command: str) -> "subprocess.Popen[bytes]":
    with (directory / f"{command[0]}.txt").open("wb") as output:
        return subprocess.Popen(
            ["setpriv", "--pdeathsig", "KILL", "--", *command], cwd=directory, stdout=output, stderr=output,
            stdin=subprocess.DEVNULL,
        )  # fmt: skip


async def _pager(running: Prometheus, port: int) -> web.AppRunner:
    async def take(request: web.Request) -> web.Response:
        running.pages += (await request.json())["alerts"]
        return web.Response()

    app = web.Application()
    app.add_routes([web.post("/alerts", take)])
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, HOST, port).start()
    return runner


class _Mailbox:
    def __init__(self, running: Prometheus) -> None:
        self._running = running

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        text = bytes(envelope.content or b"").decode()
        self._running.mails += [line for line in text.splitlines() if line.startswith("Subject:")]
        return "250 OK"
