"""A page whose socket comes back by itself, as `static/js/reconnecting-socket.js` has it, and how often and how fast it did."""

import asyncio
import contextlib
import json
import random
import time
from typing import Any

import aiohttp

FIRST_LIMIT_SECONDS = 1.0
LAST_LIMIT_SECONDS = 30.0
STEADY_SECONDS = 5.0


class LivePage:
    """One socket. `messages` are what it brought; `away` is for how long it was lost each time, in seconds."""

    def __init__(
        self, http: aiohttp.ClientSession, base: str, host: str, session_key: str, path: str
    ) -> None:
        self.messages: list[dict[str, Any]] = []
        self.away: list[float] = []
        self._url = base.replace("http", "ws", 1) + path
        self._headers = {"Host": host, "Cookie": f"sessionid={session_key}", "Origin": f"http://{host}"}
        self._http = http
        self._socket: aiohttp.ClientWebSocketResponse | None = None
        self._is_open = asyncio.Event()
        self._living = asyncio.create_task(self._live())

    async def is_live(self) -> None:
        """Return as soon as the server answers this page. What JavaScript asks to notice a dead line is asked here."""
        while True:
            await self._is_open.wait()
            answered = sum(message.get("type") == "synced" for message in self.messages)
            with contextlib.suppress(OSError, AttributeError, aiohttp.ClientError):
                assert self._socket is not None
                await self._socket.send_str("sync")
            for _ in range(20):
                if sum(message.get("type") == "synced" for message in self.messages) > answered:
                    return
                await asyncio.sleep(0.05)

    async def hears(self, about: str, after: int = 0) -> None:
        """Return once a message about this object has come, behind the first `after` ones."""
        while not any(about == message.get("object") for message in self.messages[after:]):
            await asyncio.sleep(0.05)

    async def leave(self) -> None:
        self._living.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await self._living

    async def _live(self) -> None:
        failures, lost_at = 0, 0.0
        while True:
            try:
                async with self._http.ws_connect(self._url, headers=self._headers) as self._socket:
                    if lost_at:
                        self.away.append(time.monotonic() - lost_at)
                    self._is_open.set()
                    opened_at = time.monotonic()
                    async for message in self._socket:
                        if message.type is aiohttp.WSMsgType.TEXT:
                            self.messages.append(json.loads(message.data))
                lost_at = time.monotonic()
                if lost_at - opened_at >= STEADY_SECONDS:
                    failures = 0
            except (aiohttp.ClientError, OSError):
                lost_at = lost_at or time.monotonic()
            self._is_open.clear()
            limit = min(LAST_LIMIT_SECONDS, FIRST_LIMIT_SECONDS * 2**failures)
            failures += 1
            await asyncio.sleep(random.uniform(0, limit))
