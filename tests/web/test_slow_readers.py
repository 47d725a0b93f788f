"""A page that never reads is cut long before daphne misses its pongs, and the others are served meanwhile."""

import asyncio
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import aiohttp
import pytest

from aeims.serving.places import SOCKETS
from tools.environment import ROOT
from tools.serving import run_directory, servers, serving_environment

pytestmark = pytest.mark.slow


def free_port() -> int:
    with closing(socket.socket()) as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


@pytest.fixture
def port() -> Iterator[int]:
    """Daphne serves `flooding` here."""
    number = free_port()
    command = [
        sys.executable,
        "-m",
        "daphne",
        "-v",
        "0",
        "-b",
        "127.0.0.1",
        "-p",
        str(number),
        "tests.web.flooding:application",
    ]
    process = subprocess.Popen(command, cwd=ROOT)
    try:
        yield number
    finally:
        process.terminate()
        process.wait(20)


async def connected(port: int) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """A socket after its handshake, from which nothing more is read than one asks for."""
    for _ in range(300):
        try:
            reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=1024)
            break
        except OSError:
            await asyncio.sleep(0.1)
    writer.write(
        b"GET /ws/ HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        b"Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Version: 13\r\n\r\n"
    )
    assert b"101" in await reader.readline()
    return reader, writer


async def test_a_page_that_never_reads_is_cut_and_costs_nobody_else(port: int) -> None:
    _, writer = await connected(port)
    raw = writer.get_extra_info("socket")
    async with aiohttp.ClientSession() as session, session.ws_connect(f"ws://127.0.0.1:{port}/") as other:
        async with asyncio.timeout(20):
            while raw.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 1)[0] == 1:  # established
                assert len(await other.receive_str()) == 2000
        for _ in range(50):
            assert len(await other.receive_str()) == 2000
    writer.close()


async def test_behind_the_proxy_daphne_is_rid_of_a_page_that_never_reads(tmp_path: Path) -> None:
    """The proxy keeps that page's connection, with the little that it had read; nothing more is kept for it."""
    number = free_port()
    environment = os.environ | serving_environment(tmp_path, number) | {"PORT": str(number)}
    environment["AEIMS_DATA_DIR"] = str(tmp_path)
    place = str(run_directory(tmp_path) / SOCKETS)
    [*_, proxy] = servers(environment)
    daphne = [sys.executable, "-m", "daphne", "-v", "0", "-u", place, "tests.web.flooding:application"]
    processes = [subprocess.Popen(command, cwd=ROOT, env=environment) for command in (daphne, proxy.command)]
    try:
        _, writer = await connected(number)
        async with (
            aiohttp.ClientSession() as session,
            session.ws_connect(f"ws://127.0.0.1:{number}/ws/") as other,
        ):
            both = sockets_of(processes[0].pid)
            async with asyncio.timeout(30):
                while sockets_of(processes[0].pid) == both:
                    assert len(await other.receive_str()) == 2000
            for _ in range(50):
                assert len(await other.receive_str()) == 2000
        writer.close()
    finally:
        for process in processes:
            process.kill()
            process.wait()


def sockets_of(pid: int) -> int:
    """How many a process has open."""
    places = [fd.readlink() for fd in Path(f"/proc/{pid}/fd").iterdir()]
    return sum(str(place).startswith("socket:") for place in places)
