"""A browser of somebody on the machine's sites: HTTPS to the proxy, cookies, and forms as pages without scripts send them."""

import re
import socket
import ssl
from html import unescape
from pathlib import Path
from typing import Any, Self

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult


class _Here(AbstractResolver):
    """Every name is on this machine."""

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        return [
            ResolveResult(hostname=host, host="127.0.0.1", port=port, family=socket.AF_INET, proto=0, flags=0)
        ]

    async def close(self) -> None:
        """Nothing is open."""


class Page:
    """What a browser shows: its address after redirects, status, and HTML."""

    def __init__(self, url: str, status: int, html: str) -> None:
        self.url, self.status, self.html = url, status, html

    @property
    def words(self) -> str:
        """What is read, in one line."""
        body = re.sub(r"(?s)<(script|style|template).*?</\1>", " ", self.html.partition("<body")[2])
        return " ".join(unescape(re.sub(r"<[^>]+>", " ", body)).split())

    def value(self, name: str) -> str:
        """The value of a field of a form on it."""
        found = re.search(rf'name="{name}"[^>]*value="([^"]*)"', self.html)
        assert found, f"{name} is on no form of {self.url}: {self.words[:2000]}"
        return unescape(found[1])


class Browser:
    """One person on one site."""

    def __init__(self, host: str, authority: Path) -> None:
        self.base = f"https://{host}"
        context = ssl.create_default_context(cafile=str(authority))
        connector = aiohttp.TCPConnector(resolver=_Here(), ssl=context)
        self._http = aiohttp.ClientSession(
            connector=connector, headers={"User-Agent": "Mozilla/5.0 (a test)"}
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._http.close()

    async def get(self, path: str) -> Page:
        async with self._http.get(path if path.startswith("https:") else self.base + path) as answer:
            return Page(str(answer.url), answer.status, await answer.text())

    async def submit(self, path: str, *, on: Page | None = None, **fields: Any) -> Page:
        """Send the form that the page `on`, or at `path` itself, shows."""
        page = on or await self.get(path)
        data = {"csrfmiddlewaretoken": page.value("csrfmiddlewaretoken"), **fields}
        headers = {"Origin": self.base, "Referer": page.url}
        url = path if path.startswith("https:") else self.base + path
        async with self._http.post(url, data=data, headers=headers) as answer:
            return Page(str(answer.url), answer.status, await answer.text())
