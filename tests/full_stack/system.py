"""The product as it runs: web (daphne) and adapter as processes, on one Asterisk and one database.

    async with System(directory, node, database_url) as system:
        caller = await system.caller(balance="45.00")
        await caller.call()
        ...
        await system.adapter.kill(); await system.adapter.start()

Further web processes with other settings (`variants`) share adapter and database: system-wide tariffs differ by variant.
"""

import asyncio
import os
import sys
from collections.abc import Callable, Mapping
from contextlib import AsyncExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any, Self

import aiohttp

from tests.factories import BrandFactory
from tests.full_stack.caller import BRAND_HOST, PORTAL_HOST, Caller
from tests.full_stack.database import ask
from tests.full_stack.http_client import HttpClient
from tests.full_stack.people import People
from tests.full_stack.process import Process
from tests.full_stack.record import Record
from tests.lab.asterisk import ARI_PASSWORD, ARI_USER, Asterisk
from tests.lab.carrier import Carrier
from tests.lab.numbers import Behaviour, parse_number
from tests.lab.ports import HOST, free_ports
from tools.environment import ROOT

QUIET_SECONDS = 0.5  # between two packets of a phone that only keeps its line alive


class System:
    """`web`, `adapter`, `carrier`, `record`; `variants` by name. `directory` keeps logs and the journal."""

    def __init__(
        self,
        directory: Path,
        node: Asterisk,
        database_url: str,
        *,
        variants: Mapping[str, Mapping[str, str]] | None = None,
        web: Mapping[str, str] | None = None,
    ) -> None:
        self.directory, self.node = directory, node
        directory.mkdir(parents=True, exist_ok=True)
        self.adapter_url = f"http://{HOST}:{free_ports().http}"
        self._environment = {
            **os.environ,
            "DATABASE_URL": database_url,
            "ASTERISK_ADAPTER_URL": self.adapter_url,
            "AEIMS_THROTTLES": "0",
            **{name: value for name, value in node.values.items() if name == "RTP_TIMEOUT"},
            "AEIMS_MAX_UNJOINED_ATTEMPTS": "0",
            "PYTHONUNBUFFERED": "1",
            **(web or {}),
        }
        self.web = self._web_process("web", {})
        self.variants = {name: self._web_process(name, changes) for name, changes in (variants or {}).items()}
        self.adapter = self._adapter_process()
        self.carrier = Carrier(port=node.ports.carrier, behaviour=self._behaviour)
        self.record = Record(node.cel_file)
        self.talkative: set[str] = set()  # numbers of phones whose sound is listened to
        self.people = People()
        self.http = aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar())
        self._exits = AsyncExitStack()

    async def __aenter__(self) -> Self:
        async with AsyncExitStack() as exits:
            exits.push_async_callback(self.http.close)
            await ask(BrandFactory)  # before the web processes look which brands there are
            await exits.enter_async_context(self.carrier)
            for process in self.processes:
                exits.push_async_callback(process.kill)
            await asyncio.gather(*(process.start() for process in self.processes))
            self._exits = exits.pop_all()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._exits.aclose()

    @property
    def processes(self) -> list[Process]:
        return [self.web, *self.variants.values(), self.adapter]

    async def caller(self, *, variant: str = "", heard: bool = False, **who: Any) -> Caller:
        """A customer and an operator with their pages (`People.pair`). `heard`: their phones speak without pause."""
        pair = await ask(self.people.pair, **who)
        base = self.base_of(self.variants[variant] if variant else self.web)
        page = HttpClient(self.http, base, BRAND_HOST, pair.customer_person.session_key)
        caller = Caller(
            self, pair, page, HttpClient(self.http, base, PORTAL_HOST, pair.operator_person.session_key)
        )
        if heard:
            caller.listen_to_phones()
        return caller

    async def staff(self) -> HttpClient:
        """A member of staff at the admin."""
        return HttpClient(self.http, self.base_of(self.web), "admin.localhost", await ask(self.people.staff))

    async def book(self, caller: Caller, what: str, amount: str) -> None:
        """Staff `credit` or `debit` the customer's wallet in the admin."""
        form = {"customer": caller.pair.customer.user.email, "what": what, "amount": amount, "confirmed": "1"}
        key = caller.call_id + what
        staff = await self.staff()
        answer = await staff.submit("/ledger/transaction/book/", **form, reason="a test", key=key)
        assert answer.status == 200, answer.status
        assert 'name="amount"' not in answer.text, "the form was refused"

    async def manage(self, *arguments: str) -> str:
        """One of the commands of `manage.py`, in the environment of the web process; its output."""
        with (self.directory / "manage.log").open("ab") as log:
            process = await asyncio.create_subprocess_exec(
                sys.executable, "manage.py", *arguments,
                cwd=ROOT, env=self.web.environment, stdout=asyncio.subprocess.PIPE, stderr=log,
            )  # fmt: skip
            output, _ = await process.communicate()
        return output.decode()

    def logs(self) -> str:
        """Everything that our processes and Asterisk said."""
        ours = "".join(file.read_text(errors="replace") for file in sorted(self.directory.glob("*.log")))
        return ours + self.node.output.read_text(errors="replace")

    async def ask_adapter(self, path: str) -> tuple[int, dict[str, Any]] | None:
        """What the adapter answers to a GET, or None when nobody answers."""
        headers = {"Authorization": f"Bearer {self._environment['AEIMS_API_KEY']}"}
        limit = aiohttp.ClientTimeout(total=2)
        try:
            async with self.http.get(self.adapter_url + path, headers=headers, timeout=limit) as answer:
                return answer.status, await answer.json()
        except (aiohttp.ClientError, TimeoutError, OSError):
            return None

    def base_of(self, process: Process) -> str:
        return f"http://{HOST}:{process.environment['PORT']}"

    def _behaviour(self, number: str) -> Behaviour:
        """As the number says; a phone that nobody listens to hardly speaks, so that a hundred fit on a small machine."""
        behaviour = parse_number(number)
        if number.removeprefix("+") in self.talkative:
            return behaviour
        return replace(behaviour, packet_seconds=QUIET_SECONDS)

    def _web_process(self, name: str, changes: Mapping[str, str]) -> Process:
        port = str(free_ports().http)
        command = [sys.executable, "-m", "daphne", "-b", HOST, "-p", port, "aeims.asgi:application"]
        environment = self._environment | {"PORT": port} | dict(changes)
        return self._process(name, command, environment, lambda: self._serves(f"http://{HOST}:{port}/livez"))

    def _adapter_process(self) -> Process:
        environment = self._environment | {
            "ADAPTER_LISTEN": self.adapter_url.removeprefix("http://"),
            "ADAPTER_JOURNAL": str(self.directory / "journal"),
            "ADAPTER_CALLS_PER_SECOND": "1000",
            "AEIMS_WEBHOOK_URL": f"{self.base_of(self.web)}/api/telephony/events/",
            "ASTERISK_ARI_URL": self.node.ari_url,
            "ASTERISK_ARI_USER": ARI_USER,
            "ASTERISK_ARI_PASSWORD": ARI_PASSWORD,
            "ASTERISK_ARI_APP": "system",
            "ASTERISK_CEL_FILE": str(self.node.cel_file),
            "ADAPTER_NODE": "system",
        }
        command = [sys.executable, "manage.py", "run_asterisk_adapter"]
        return self._process("adapter", command, environment, self._adapter_is_ready)

    def _process(
        self, name: str, command: list[str], environment: Mapping[str, str], is_ready: Callable[[], Any]
    ) -> Process:
        return Process(name, command, environment, self.directory / f"{name.replace('/', '-')}.log", is_ready)

    async def _adapter_is_ready(self) -> bool:
        answer = await self.ask_adapter("/health")
        return answer is not None and answer[0] == 200

    async def _serves(self, url: str) -> bool:
        try:
            async with self.http.get(url, timeout=aiohttp.ClientTimeout(total=5)) as answer:
                return answer.status == 200
        except (aiohttp.ClientError, TimeoutError, OSError):
            return False
