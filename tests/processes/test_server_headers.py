"""What the server answers without Django carries the same protecting headers, in production with HSTS."""

import asyncio
from pathlib import Path

import pytest

from tests.lab.ports import HOST
from tests.processes.test_body_limits import MEGABYTE, NO_DATABASE
from tests.processes.web import Web, stack, web

pytestmark = pytest.mark.slow

STRONG = "0123456789abcdefghijklmnopqrstuvwxyz"
PRODUCTION = {
    "AEIMS_ENV": "production", "SECRET_KEY": STRONG, "AEIMS_API_KEY": "a" + STRONG,
    "AEIMS_DATA_KEYS": "d" + STRONG, "AEIMS_HASH_KEYS": "h" + STRONG, "AEIMS_DOCUMENT_KEYS": "i" + STRONG,
    "AEIMS_PORTAL_HOSTS": "portal.example", "AEIMS_ADMIN_HOSTS": "admin.example", "REDIS_URL": "redis://127.0.0.1:9/0",
    "EMAIL_URL": "smtp+tls://user:password@127.0.0.1:9", "TELEPHONY_LAB_PREFIXES": "", "AEIMS_STAFF_RECENT_LOGIN_SECONDS": "600",
}  # fmt: skip
SOCKET = "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n"
ANSWERS = {
    "large body": (f"POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: {9 * MEGABYTE}\r\n\r\n", 413),
    "no http": ("nonsense\r\n\r\n", 400),
    "name of a header": ("GET / HTTP/1.1\r\nHost: a\r\nNa/me: x\r\n\r\n", 400),
    "query": ("GET /?\xe9 HTTP/1.1\r\nHost: a\r\n\r\n", 400),
    "no such version of sockets": (
        f"GET /ws/me/ HTTP/1.1\r\nHost: a\r\n{SOCKET.replace('13', '99')}\r\n",
        400,
    ),
    "socket while Redis is away": (f"GET /ws/me/ HTTP/1.1\r\nHost: localhost\r\n{SOCKET}\r\n", 500),
}


async def head_of(browser: Web, request: str) -> tuple[int, dict[str, str]]:
    reader, writer = await asyncio.open_connection(HOST, int(browser.base.rsplit(":", 1)[1]))
    writer.write(request.encode("latin-1"))
    async with asyncio.timeout(30):
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
    writer.close()
    first, *lines = head.strip().splitlines()
    return int(first.split()[1]), {
        name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)
    }


async def test_every_answer_of_the_server_itself_is_protected(tmp_path: Path) -> None:
    async with web(tmp_path, NO_DATABASE, **PRODUCTION) as browser:
        for what, (request, status) in ANSWERS.items():
            answered, headers = await head_of(browser, request)
            assert (what, answered) == (what, status)
            assert (what, headers.get("strict-transport-security")) == (
                what,
                "max-age=31536000; includeSubDomains",
            )
            assert (what, headers.get("x-content-type-options")) == (what, "nosniff")
            assert "frame-ancestors 'none'" in headers.get("content-security-policy", ""), what
            assert "unsafe" not in headers["content-security-policy"], what


async def test_every_answer_of_the_proxy_and_the_workers_is_protected(tmp_path: Path) -> None:
    """But for one: to what is no HTTP at all Go answers a bare 400, which nobody can change and no browser can cause."""
    behind = {"header that is too long": (f"GET / HTTP/1.1\r\nHost: a\r\nX-Long: {'x' * 9000}\r\n\r\n", 431)}
    async with stack(tmp_path, NO_DATABASE, **PRODUCTION) as browser:
        for what, (request, status) in (ANSWERS | behind).items():
            answered, headers = await head_of(browser, request)
            if what in ("no http", "name of a header"):
                assert (what, answered) == (what, 400)
                continue
            assert (what, answered) == (what, status)
            assert (what, headers.get("x-content-type-options")) == (what, "nosniff")
            assert "frame-ancestors 'none'" in headers.get("content-security-policy", ""), what
            assert not {"server", "via"} & set(headers), what
        await browser.processes["web"].kill()
        async with asyncio.timeout(20):
            answered = 0
            while answered != 502:  # its workers notice within a second
                answered, headers = await head_of(browser, "GET / HTTP/1.1\r\nHost: portal.example\r\n\r\n")
        assert (answered, headers["x-frame-options"], headers["retry-after"]) == (502, "DENY", "10")
