"""What a system uses beside Asterisk and PostgreSQL, each as a process that can be killed and frozen: Redis, a mail server."""

import asyncio
import os
import shutil
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.full_stack.process import Process
from tests.lab.ports import HOST, free_ports

MAIL_SECONDS = 3  # how long a mail server is waited for


@dataclass
class Dependencies:
    """`settings` have a system use them. Mail becomes files in `mails` (`tests.full_stack.mail_server`)."""

    redis: Process
    mail: Process
    mails: Path
    settings: dict[str, str]


@asynccontextmanager
async def dependencies(directory: Path) -> AsyncIterator[Dependencies]:
    """Within: they run."""
    async with redis(directory) as (store, redis_url), mail_server(directory) as (mail, mails, mail_url):
        settings = {
            "REDIS_URL": redis_url, "EMAIL_URL": mail_url, "EMAIL_TIMEOUT_SECONDS": str(MAIL_SECONDS)
        }  # fmt: skip
        yield Dependencies(store, mail, mails, settings)


@asynccontextmanager
async def redis(directory: Path) -> AsyncIterator[tuple[Process, str]]:
    """Within: a Redis of our own that keeps nothing on disk. Yields it and its address."""
    program = shutil.which("redis-server", path="/usr/bin:/usr/local/bin:/usr/sbin")
    assert program, "Debian's redis-server is missing"
    port = free_ports().http
    command = [program, "--bind", HOST, "--port", str(port), "--save", "", "--appendonly", "no"]
    process = _listening("redis", port, [*command, "--dir", str(directory)], {}, directory)
    try:
        await process.start()
        yield process, f"redis://{HOST}:{port}/0"
    finally:
        await process.kill()


@asynccontextmanager
async def mail_server(directory: Path) -> AsyncIterator[tuple[Process, Path, str]]:
    """Within: a mail server of our own. Yields it, where its mail goes, and its address."""
    mails, port = directory / "mails", free_ports().http
    mails.mkdir()
    command = [sys.executable, "-m", "tests.full_stack.mail_server", str(port), str(mails)]
    process = _listening("mail", port, command, dict(os.environ), directory)
    try:
        await process.start()
        yield process, mails, f"smtp://{HOST}:{port}"
    finally:
        await process.kill()


def _listening(
    name: str, port: int, command: list[str], environment: dict[str, str], directory: Path
) -> Process:
    """A process that serves once it takes connections."""

    async def is_ready() -> bool:
        try:
            _, writer = await asyncio.open_connection(HOST, port)
        except OSError:
            return False
        writer.close()
        return True

    return Process(name, command, environment, directory / f"{name}.log", is_ready)
