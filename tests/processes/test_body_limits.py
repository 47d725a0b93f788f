"""A body that is too large is refused before it is read: by daphne itself, and by the proxy before gunicorn sees it."""

import asyncio
import os
from pathlib import Path
from typing import Any

import pytest

from aeims.uploads import MAX_BODY_BYTES
from tests.lab.ports import HOST
from tests.processes.web import Web, stack, web

pytestmark = pytest.mark.slow

NO_DATABASE = "postgresql://nobody@127.0.0.1:9/none"
MEGABYTE = 1024 * 1024


async def answer_to(browser: Web, path: str, headers: str, body: bytes = b"", chunks: int = 0) -> int:
    """The status; of a body only what is given here is ever sent."""
    reader, writer = await asyncio.open_connection(HOST, int(browser.base.rsplit(":", 1)[1]))
    writer.write(f"POST {path} HTTP/1.1\r\nHost: portal.localhost\r\n{headers}\r\n\r\n".encode() + body)
    answer = asyncio.create_task(reader.readline())
    for _ in range(chunks):
        if answer.done():
            break
        writer.write(f"{MEGABYTE:x}\r\n".encode() + bytes(MEGABYTE) + b"\r\n")
        await asyncio.sleep(0.05)
    async with asyncio.timeout(30):
        line = await answer
    writer.close()
    return int(line.split()[1])


@pytest.mark.parametrize("serve", [web, stack])
async def test_a_large_body_is_refused_before_it_is_read(serve: Any, tmp_path: Path) -> None:
    async with serve(tmp_path, NO_DATABASE, AEIMS_ENV=os.environ["AEIMS_ENV"]) as browser:
        large = 413
        assert await answer_to(browser, "/accounts/login/", f"Content-Length: {300 * MEGABYTE}") == large
        assert await answer_to(browser, "/api/calls/initiate/", f"Content-Length: {3 * MEGABYTE}") == large
        photo = "/settings/photo/"
        assert await answer_to(browser, photo, f"Content-Length: {MAX_BODY_BYTES + 1}") == large
        assert await answer_to(browser, photo + "?x=1", f"Content-Length: {MAX_BODY_BYTES + 1}") == large
        assert await answer_to(browser, "/livez", "Transfer-Encoding: chunked", chunks=8) == large
        body = bytes(3 * MEGABYTE)
        headers = f"Content-Length: {len(body)}\r\nContent-Type: multipart/form-data; boundary=x"
        assert await answer_to(browser, photo, headers, body) != 413
        assert await answer_to(browser, "/livez", "Content-Length: 5", b"small") != 413
        assert await browser.get("/livez", host="localhost") == 200
