"""The whole product for a browser: the servers of `make run`, adapter with simulated phones, a database with the demo's people in it."""

import asyncio
import json
import os
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any, ParamSpec, TypeVar

from django.db import connections
from django.test import override_settings

from telephony.models import Reservation
from telephony.selectors import live_calls
from telephony.services.hang_up import hang_up_as_staff
from telephony.services.reserve_operator import end_reservations
from telephony.states import ReservationState
from tests.browser.push_service import PushService
from tests.full_stack.process import Process
from tests.full_stack.stack import stack_environment, stack_processes
from tests.lab.ports import HOST, free_ports
from tools.environment import ROOT

P = ParamSpec("P")
T = TypeVar("T")

MAIL = "mail"
HEARD = "heard.jsonl"


class Product:
    """`servers`, `adapter`, and `worker` as processes; `ask` runs a piece of Django beside them, on the same database."""

    def __init__(self, directory: Path, database_url: str) -> None:
        self.directory = directory
        self.port = free_ports().http
        self.adapter_url = f"http://{HOST}:{free_ports().http}"
        (directory / MAIL).mkdir(parents=True)
        self._environment = {
            **os.environ,
            "DATABASE_URL": database_url,
            "DATABASE_POOL_SIZE": "4",
            "PORT": str(self.port),
            "ADAPTER_LISTEN": self.adapter_url.removeprefix("http://"),
            "ADAPTER_JOURNAL": str(directory / "journal"),
            "ASTERISK_ADAPTER_URL": self.adapter_url,
            "SIMULATED_PHONES_HEARD": str(directory / HEARD),
            "EMAIL_URL": f"filemail:///{directory / MAIL}",
            "PYTHONUNBUFFERED": "1",
        }
        self._environment = stack_environment(directory, self._environment, self.port)
        self.servers = stack_processes(directory, self._environment)
        # The same product with another increment, by daphne alone: calls asked for there are charged by 30 seconds.
        self.short_port = free_ports().http
        short = ["-m", "daphne", "-b", HOST, "-p", str(self.short_port), "aeims.asgi:application"]
        steps = {"AEIMS_FIRST_INCREMENT_SECONDS": "30", "AEIMS_NEXT_INCREMENT_SECONDS": "30"}
        self.short = self._process("short", short, lambda: _serves(self.short_port), **steps)
        adapter = ["manage.py", "run_asterisk_adapter", "--simulate"]
        self.adapter = self._process("adapter", adapter, self._adapter_is_ready)
        self.push_service = PushService(directory)
        worker = ["manage.py", "run_worker"]
        self.worker = self._process("worker", worker, _at_once, **self.push_service.environment)
        self._thread = ThreadPoolExecutor(1)

    @contextmanager
    def running(self) -> Iterator["Product"]:
        try:
            asyncio.run(self._start())
            yield self
        finally:
            # A loop of its own: Playwright's may still run in this thread.
            self._thread.submit(lambda: asyncio.run(self._kill())).result()
            self._thread.shutdown()
            self.push_service.stop()

    def site(self, brand: str) -> str:
        """The address of a site: `flirts`, `nycflirts`, `portal`, `admin`."""
        return f"http://{brand}.localhost:{self.port}"

    def short_site(self, brand: str) -> str:
        """The same customer site where each started half minute counts. Who is logged in here is so there."""
        return f"http://{brand}.localhost:{self.short_port}"

    def ask(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run `function` in a thread of its own, where no loop of the browser's runs."""

        def run() -> T:
            try:
                return function(*args, **kwargs)
            finally:
                connections.close_all()

        return self._thread.submit(run).result()

    def end_calls(self) -> None:
        """End every call that is live, as staff do; returns once the adapter has reported the ends."""

        def end() -> None:
            with override_settings(ASTERISK_ADAPTER_URL=self.adapter_url):
                for call in live_calls():
                    hang_up_as_staff(call_id=call.call_id, actor=None, reason="The test is over")
            for _ in range(100):
                if not live_calls():
                    return
                time.sleep(0.1)
            raise AssertionError("calls did not end")

        self.ask(end)

    def release_operators(self) -> None:
        """End every reservation: for two minutes its operator is busy for everybody else."""

        def release() -> None:
            for key in Reservation.objects.filter(state=ReservationState.OPEN).values_list("pk", flat=True):
                end_reservations(ReservationState.RELEASED, pk=key)

        self.ask(release)

    def mails(self) -> str:
        """Everything that was sent, oldest first."""
        return "\n".join(file.read_text() for file in sorted((self.directory / MAIL).iterdir()))

    def heard(self, number: str) -> list[str]:
        """The sounds that the phone of this number was played."""
        file = self.directory / HEARD
        lines = [json.loads(line) for line in file.read_text().splitlines()] if file.exists() else []
        return [line["sound"] for line in lines if line["number"] == number]

    def logs(self) -> str:
        """Everything that our processes said."""
        return "".join(file.read_text(errors="replace") for file in sorted(self.directory.glob("*.log")))

    async def _start(self) -> None:
        await asyncio.gather(*(process.start() for process in self._processes))

    async def _kill(self) -> None:
        await asyncio.gather(*(process.kill() for process in self._processes))

    @property
    def _processes(self) -> list[Process]:
        return [*self.servers.values(), self.short, self.adapter, self.worker]

    def _process(
        self, name: str, arguments: list[str], is_ready: Callable[[], Any], **changes: str
    ) -> Process:
        command = ["env", "-C", str(ROOT), sys.executable, *arguments]
        environment = self._environment | changes
        return Process(name, command, environment, self.directory / f"{name}.log", is_ready)

    async def _adapter_is_ready(self) -> bool:
        return await asyncio.to_thread(
            _answers, f"{self.adapter_url}/health", self._environment["AEIMS_API_KEY"]
        )


async def _at_once() -> bool:
    """Nobody waits for it."""
    return True


async def _serves(port: int) -> bool:
    return await asyncio.to_thread(_answers, f"http://{HOST}:{port}/livez")


def _answers(url: str, key: str = "") -> bool:
    request = urllib.request.Request(url, headers={"Authorization": f"Bearer {key}"})
    try:
        with urllib.request.urlopen(request, timeout=5) as answer:
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False
