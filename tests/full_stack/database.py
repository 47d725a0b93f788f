"""A database of its own for the systems of a test, with real commits, and how a test's coroutine reads and writes it."""

import asyncio
import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, ParamSpec, TypeVar

import environ
import psycopg
from django.core.management import call_command
from django.db import connections

from tests.support import postgres_server
from tests.support.environment import PASSWORDS, owner_url, serving_url
from tests.support.serving_role import use_serving_role
from tools.postgres import SETTINGS, Cluster, PostgresError

P = ParamSpec("P")
T = TypeVar("T")


async def ask(function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Run a piece of Django in a thread of its own, connection closed afterwards."""

    def run() -> T:
        try:
            return function(*args, **kwargs)
        finally:
            connections.close_all()

    return await asyncio.to_thread(run)


@contextmanager
def database(name: str, template: str = "template1") -> Iterator[str]:
    """Within: the database `name` exists, made as a copy of `template`. Yields its address for the role that serves.

    A commit in it is on disk when it returns, whatever the server was told for the tests: nothing that was answered
    may be lost by a killed server.
    """
    connections.close_all()
    _on_server(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
    _on_server(f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
    _on_server(f"ALTER DATABASE \"{name}\" SET synchronous_commit = 'on'")
    try:
        yield serving_url(name)
    finally:
        connections.close_all()
        _on_server(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


@contextmanager
def current(url: str) -> Iterator[None]:
    """Within: this process's Django works on the database at this address, in the role that serves."""
    entry: dict[str, Any] = connections.settings["default"]
    before = dict(entry)
    given = environ.Env.db_url_config(owner_url(url))
    owner = {name: given[name] for name in ("USER", "PASSWORD", "HOST", "PORT")}
    owner["OPTIONS"] = given.get("OPTIONS", {})
    connections.close_all()
    entry |= {"NAME": given["NAME"], "ROLES": entry["ROLES"] | {"owner": owner}}
    use_serving_role()
    try:
        yield
    finally:
        connections.close_all()
        entry.clear()
        entry |= before


class Server:
    """A PostgreSQL that may be killed. A commit is on disk when it returns; only a power cut could lose it."""

    def __init__(self, directory: Path) -> None:
        directory.mkdir(parents=True, exist_ok=True)
        settings = SETTINGS | {"fsync": "off", "full_page_writes": "off"}
        self.cluster = Cluster(
            directory=directory / "postgres",
            log=directory / "postgres.log",
            settings=settings,
            passwords=PASSWORDS,
        )
        self._process: subprocess.Popen[bytes] | None = None
        self._frozen: list[int] = []

    @property
    def url(self) -> str:
        return self.cluster.serving_url()

    def kill(self) -> None:
        """SIGKILL: its sessions die with it."""
        assert self._process is not None
        os.kill(int((self.cluster.data / "postmaster.pid").read_text().split()[0]), signal.SIGKILL)
        self._process.wait()

    def freeze(self) -> None:
        """SIGSTOP of the server and of its sessions, as they are now."""
        first = int((self.cluster.data / "postmaster.pid").read_text().split()[0])
        children = Path(f"/proc/{first}/task/{first}/children").read_text().split()
        self._frozen = [first, *(int(pid) for pid in children)]
        for pid in self._frozen:
            os.kill(pid, signal.SIGSTOP)

    def thaw(self) -> None:
        for pid in self._frozen:
            os.kill(pid, signal.SIGCONT)

    def begin_as(self, kept: Path) -> None:
        """Before the first start: with a copy of these data, of the tests' own server."""
        self.cluster.directory.mkdir(parents=True)
        subprocess.run(["cp", "-a", kept, self.cluster.data], check=True)

    def start(self, seconds: float = 30) -> None:
        """Start it; after a kill its orphans hold the shared memory for a moment. Raises PostgresError."""
        deadline = time.monotonic() + seconds
        while True:
            try:
                self._process = self.cluster.start()
                return
            except PostgresError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.2)

    def stop(self) -> None:
        self.cluster.stop()
        if self._process is not None:
            self._process.wait()


@contextmanager
def server(directory: Path) -> Iterator[Server]:
    """Within: a server of our own, with one migrated database that is current."""
    ours, kept = Server(directory), postgres_server.kept()
    if kept.exists():
        ours.begin_as(kept)
    ours.start()
    try:
        migrate(ours.url)
        with current(ours.url):
            yield ours
    finally:
        ours.stop()


def migrate(url: str) -> None:
    """Bring a database up to date."""
    with current(url):
        call_command("migrate", interactive=False, verbosity=0)


def _on_server(statement: str) -> None:
    with psycopg.connect(owner_url(serving_url("postgres")), autocommit=True) as owner:
        owner.execute(statement.encode())
