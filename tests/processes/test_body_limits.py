"""A body that is too large is refused before it is read, by daphne itself: no proxy is needed for it."""

import asyncio
import os
from pathlib import Path

import pytest

from aeims.uploads import MAX_BODY_BYTES
from tests.lab.ports import HOST
from tests.processes.web import Web, web

pytestmark = pytest.mark.slow

NO_DATABASE = "postgresql://nobody@127.0.0.1:9/none"
MEGABYTE = 1024 * 1024


async def answer_to(browser: Web, path: str, headers: str, body: bytes = b"", chunks: int = 0) -> str:
    """The status line; of a body only what is given here is ever sent."""
    reader, writer = await asyncio.open_connection(HOST, int(browser.base.rsplit(":", 1)[1]))
    writer.write(f"POST {path} HTTP/1.1\r\nHost: portal.localhost\r\n{headers}\r\n\r\n".encode() + body)
    for _ in range(chunks):
        if reader.at_eof() or writer.is_closing():
            break
        writer.write(f"{MEGABYTE:x}\r\n".encode() + bytes(MEGABYTE) + b"\r\n")
        await asyncio.sleep(0.05)
    async with asyncio.timeout(30):
        line = await reader.readline()
    writer.close()
    return line.decode().strip()


async def test_a_large_body_is_refused_before_it_is_read(tmp_path: Path) -> None:
    async with web(tmp_path, NO_DATABASE, AEIMS_ENV=os.environ["AEIMS_ENV"]) as browser:
        large = "HTTP/1.1 413 Content Too Large"
        assert await answer_to(browser, "/accounts/login/", f"Content-Length: {300 * MEGABYTE}") == large
        assert await answer_to(browser, "/api/calls/initiate/", f"Content-Length: {3 * MEGABYTE}") == large
        photo = "/settings/photo/"
        assert await answer_to(browser, photo, f"Content-Length: {MAX_BODY_BYTES + 1}") == large
        assert await answer_to(browser, photo + "?x=1", f"Content-Length: {MAX_BODY_BYTES + 1}") == large
        assert await answer_to(browser, "/livez", "Transfer-Encoding: chunked", chunks=8) == large
        body = bytes(3 * MEGABYTE)
        headers = f"Content-Length: {len(body)}\r\nContent-Type: multipart/form-data; boundary=x"
        assert "413" not in await answer_to(browser, photo, headers, body)
        assert "413" not in await answer_to(browser, "/livez", "Content-Length: 5", b"small")
        assert await browser.get("/livez", host="localhost") == 200
