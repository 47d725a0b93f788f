"""gunicorn, daphne, and Caddy behind one address: what holds for them together, with two workers."""

import asyncio
import json
import os
import ssl
import subprocess
import time
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import psycopg
import pytest

from telephony import wire
from tests.full_stack.caller import BRAND_HOST
from tests.full_stack.database import ask
from tests.full_stack.http_client import HttpClient
from tests.full_stack.people import People
from tests.processes.test_body_limits import NO_DATABASE
from tests.processes.web import SESSION_PAGE, Web, stack
from tests.support.waiting import WAITING
from tools.environment import ROOT

pytestmark = pytest.mark.slow
EVENTS = "/api/telephony/events/"
SECRET = "+19995550123"


async def chunks(body: bytes) -> AsyncIterator[bytes]:
    yield body[:5]
    yield body[5:]


async def test_a_chunked_body_is_read(tmp_path: Path, system_database: str) -> None:
    """An event whose body arrived empty would fail its signature: 401."""
    body = json.dumps({"nothing": "that is an event"}).encode()
    async with stack(tmp_path, system_database) as browser:
        headers = {"Host": "localhost", **signed(body, browser)}
        async with browser.http.post(
            browser.base + EVENTS, data=chunks(body), headers=headers
        ) as through_proxy:
            assert through_proxy.status == 400
            assert through_proxy.request_info.headers["Transfer-Encoding"] == "chunked"
        direct = f"http://{browser.process.environment['WEB_EVENTS_LISTEN']}{EVENTS}"
        async with browser.http.post(direct, data=chunks(body), headers=headers) as to_a_worker:
            assert to_a_worker.status == 400
        async with browser.http.post(direct, data=body, headers=headers) as to_a_worker:
            assert to_a_worker.status == 400
        async with browser.http.post(direct, data=b"other", headers=headers) as to_a_worker:
            assert to_a_worker.status == 401


@pytest.mark.parametrize("stopped", ["web", "proxy"])
async def test_a_request_in_flight_is_answered_when_its_server_is_told_to_stop(
    stopped: str, tmp_path: Path, system_database: str
) -> None:
    async with stack(tmp_path, system_database, DATABASE_LOCK_TIMEOUT_MS="30000") as browser:
        with psycopg.connect(system_database) as locker:
            locker.execute("LOCK TABLE django_session IN ACCESS EXCLUSIVE MODE")
            request = asyncio.create_task(browser.get(SESSION_PAGE))
            await until_somebody_waits(system_database)
            stopping = asyncio.create_task(browser.processes[stopped].stop(seconds=30))
            await asyncio.sleep(1)
            assert not request.done()
        assert await request == 200
        await stopping
        assert browser.processes[stopped].exit_code == 0


async def test_all_stop_at_once_with_pages_open(tmp_path: Path, system_database: str) -> None:
    """A socket that is open, and a connection that is kept, hold nobody up: Caddy would wait 25 s for a request."""
    pair = await ask(People().pair)
    async with stack(tmp_path, system_database) as browser, aiohttp.ClientSession() as http:
        page = HttpClient(http, browser.base, BRAND_HOST, pair.customer_person.session_key)
        assert (await page.get("/")).status < 400
        await page.listen("/ws/me/")
        await asyncio.gather(*(process.stop(seconds=20) for process in browser.processes.values()))
        await page.leave()
    codes = {name: process.exit_code for name, process in browser.processes.items()}
    assert codes == {"web": 0, "sockets": 0, "proxy": 0}  # none by force


async def test_a_worker_that_dies_is_replaced_and_the_other_serves(
    tmp_path: Path, system_database: str
) -> None:
    async with stack(tmp_path, system_database) as browser:
        first = workers_of(browser)
        assert len(first) == 2
        os.kill(first[0], 9)
        assert await browser.get_at_once(SESSION_PAGE, 10) == [200] * 10
        async with asyncio.timeout(20):
            while len(set(workers_of(browser)) - {first[0]}) < 2:
                await asyncio.sleep(0.1)


async def test_nothing_of_a_request_is_logged(tmp_path: Path) -> None:
    """Not even where the proxy finds nobody behind it, or somebody sends nonsense."""
    sender = aiohttp.TCPConnector(local_addr=("127.0.0.9", 0))
    async with stack(tmp_path, NO_DATABASE) as browser, aiohttp.ClientSession(connector=sender) as http:
        async with http.get(
            f"{browser.base}/livez?q={SECRET}", headers={"Host": "localhost", "X-Long": "x" * 9000}
        ) as answer:
            assert answer.status == 431
        await browser.processes["web"].stop()
        async with http.get(f"{browser.base}/nowhere/?q={SECRET}") as answer:
            assert answer.status == 502
    logs = {name: (tmp_path / f"{name}.log").read_text() for name in browser.processes}
    assert '"status":502' in logs["proxy"]
    assert "web.sock" in logs["proxy"]
    assert "/nowhere/" not in logs["proxy"]
    for name, log in logs.items():
        assert SECRET not in log, name
        assert "127.0.0.9" not in log, name


async def test_the_port_of_the_adapter_speaks_tls_where_it_has_a_certificate(tmp_path: Path) -> None:
    """And the Unix socket for the proxy does not."""
    keys = tmp_path / "keys"
    keys.mkdir()
    subprocess.run(["sh", str(ROOT / "deploy/containers/make_certificates.sh"), str(keys)], check=True)
    settings = {
        "WEB_TLS_CERTIFICATE": str(keys / "web_tls_certificate"),
        "WEB_TLS_KEY": str(keys / "web_tls_key"),
    }
    async with stack(tmp_path, NO_DATABASE, **settings) as browser:
        assert await browser.get("/livez", host="localhost") == 200
        context = ssl.create_default_context(cafile=keys / "internal_ca")
        port = browser.process.environment["WEB_EVENTS_LISTEN"].rpartition(":")[2]
        async with aiohttp.ClientSession() as http:
            for _ in range(3):
                async with http.get(f"https://localhost:{port}/livez", ssl=context) as answer:
                    assert answer.status == 200
            with pytest.raises(aiohttp.ClientError):
                await http.get(f"http://localhost:{port}/livez")


def signed(body: bytes, browser: Web) -> dict[str, str]:
    timestamp = str(int(time.time()))
    signature = wire.sign(browser.process.environment["AEIMS_API_KEY"], timestamp, body)
    return {wire.TIMESTAMP_HEADER: timestamp, wire.SIGNATURE_HEADER: signature}


async def until_somebody_waits(database_url: str) -> None:
    """Until a request waits for the lock."""
    async with asyncio.timeout(20):
        while True:
            with psycopg.connect(database_url) as asking:
                [(waiting,)] = asking.execute(WAITING).fetchall()
            if waiting:
                return
            await asyncio.sleep(0.1)


def workers_of(browser: Web) -> list[int]:
    pid = browser.processes["web"].pid
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
