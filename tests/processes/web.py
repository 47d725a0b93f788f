"""One web process, or all servers as `make run` starts them, and what a browser would ask of it."""

import asyncio
import os
import shutil
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp

from tests.full_stack.process import Process
from tests.full_stack.stack import stack_environment, stack_processes
from tests.lab.ports import HOST, free_ports

# Reads the session, so that a lock on its table holds the request up.
SESSION_PAGE = "/accounts/login/"
SESSION_COOKIE = "sessionid=of-nobody"


class Web:
    """A running web process. `get` answers the status, 0 when the client gave up. `processes`: those of a stack, by name."""

    def __init__(
        self, process: Process, http: aiohttp.ClientSession, processes: dict[str, Process] | None = None
    ) -> None:
        self.process, self.http, self.processes = process, http, processes or {}
        self.base = f"http://{HOST}:{process.environment['PORT']}"

    async def get(self, path: str, *, host: str = "portal.localhost", give_up_after: float = 60) -> int:
        headers = {"Host": host, "Cookie": SESSION_COOKIE}
        limit = aiohttp.ClientTimeout(total=give_up_after)
        try:
            async with self.http.get(self.base + path, headers=headers, timeout=limit) as answer:
                await answer.read()
                return answer.status
        except TimeoutError:
            return 0

    async def get_at_once(self, path: str, count: int, give_up_after: float = 60) -> list[int]:
        return await asyncio.gather(*(self.get(path, give_up_after=give_up_after) for _ in range(count)))


@asynccontextmanager
async def web(directory: Path, database_url: str, **settings: str) -> AsyncIterator[Web]:
    """Within: a web process with these settings runs on the database at this address."""
    port = str(free_ports().http)
    environment = os.environ | {"DATABASE_URL": database_url, "PORT": port} | settings
    command = [sys.executable, "-m", "daphne", "-b", HOST, "-p", port, "--application-close-timeout", "1"]
    async with client() as http:

        async def is_ready() -> bool:
            try:
                return await browser.get("/livez", host="localhost", give_up_after=5) == 200
            except aiohttp.ClientError:
                return False

        process = Process(
            "web", [*command, "aeims.asgi:application"], environment, directory / "web.log", is_ready
        )
        browser = Web(process, http)
        try:
            await process.start()
            yield browser
        finally:
            await process.stop()


@asynccontextmanager
async def stack(directory: Path, database_url: str, **settings: str) -> AsyncIterator[Web]:
    """Within: gunicorn, daphne, and Caddy run on the database at this address. The process of the result is Caddy's."""
    environment = stack_environment(
        directory, os.environ | {"DATABASE_URL": database_url} | settings, free_ports().http
    )
    processes = stack_processes(directory, environment)
    async with client() as http:
        try:
            await asyncio.gather(*(process.start() for process in processes.values()))
            yield Web(processes["proxy"], http, processes)
        finally:
            await asyncio.gather(*(process.stop() for process in processes.values()))


@asynccontextmanager
async def two_of_each(directory: Path, database_url: str, **settings: str) -> AsyncIterator[Web]:
    """Within: two webs and two processes of sockets behind one proxy, as in compose.yaml: `web2` and `sockets2` are the second ones."""
    environment = stack_environment(
        directory, os.environ | {"DATABASE_URL": database_url} | settings, free_ports().http
    )
    environment["AEIMS_WEBHOOK_URL"] = f"http://{HOST}:{environment['PORT']}/api/telephony/events/"
    run = Path(environment["AEIMS_RUN_DIR"])
    second = run.with_name(f"{run.name}2")
    second.mkdir(mode=0o700, exist_ok=True)
    more = {"PROXY_MORE_WEBS": f"unix/{second}/web.sock", "PROXY_MORE_SOCKETS": f"unix/{second}/sockets.sock"}
    processes = stack_processes(directory, environment | more)
    others = environment | {
        "AEIMS_RUN_DIR": str(second), "WEB_EVENTS_LISTEN": f"{HOST}:{free_ports().http}"
    }  # fmt: skip
    for name, process in stack_processes(directory, others).items():
        if name != "proxy":
            process.log = directory / f"{name}2.log"
            processes[f"{name}2"] = process
    async with client() as http:
        try:
            await asyncio.gather(*(process.start() for process in processes.values()))
            yield Web(processes["proxy"], http, processes)
        finally:
            await asyncio.gather(*(process.stop() for process in processes.values()))
            shutil.rmtree(second, ignore_errors=True)


def client() -> aiohttp.ClientSession:
    return aiohttp.ClientSession(
        cookie_jar=aiohttp.DummyCookieJar(), connector=aiohttp.TCPConnector(limit=0, force_close=True)
    )
