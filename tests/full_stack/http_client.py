"""A browser: one person, logged in on one site of the system. What it is shown is kept in `seen`, its socket's in `heard`."""

import asyncio
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Self

import aiohttp

CSRF = "c" * 32
LIMIT = aiohttp.ClientTimeout(total=30)


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back."""

    status: int
    text: str

    @property
    def json(self) -> dict[str, Any]:
        assert self.text.startswith("{"), f"{self.status}: {self.text[:2000]}"
        return dict(json.loads(self.text))


class HttpClient:
    """`get`, `post` and one socket. `messages` are what the socket brought."""

    def __init__(self, http: aiohttp.ClientSession, base: str, host: str, session_key: str) -> None:
        self.seen: list[str] = []
        self.heard: list[str] = []
        self.messages: list[dict[str, Any]] = []
        self.host = host
        self._http, self._base = http, base
        self._cookie = f"sessionid={session_key}; csrftoken={CSRF}"
        self._news = asyncio.Condition()
        self._socket: aiohttp.ClientWebSocketResponse | None = None
        self._listening: asyncio.Task[None] | None = None

    async def get(self, path: str) -> Answer:
        return await self._request("GET", path)

    async def post(self, path: str, body: dict[str, Any] | None = None) -> Answer:
        """JSON, as the page's scripts send it."""
        return await self._request("POST", path, json=body or {})

    async def submit(self, path: str, **fields: str) -> Answer:
        """A form, as a page without scripts sends it."""
        return await self._request("POST", path, data=fields | {"csrfmiddlewaretoken": CSRF})

    async def led_on(self, path: str, **fields: str) -> str:
        """Where a form leads, which may be somebody else's site; nothing is asked there."""
        form = fields | {"csrfmiddlewaretoken": CSRF}
        async with self._http.post(
            self._base + path, headers=self._headers, timeout=LIMIT, data=form, allow_redirects=False
        ) as response:
            self.seen.append(f"{response.headers}\n{await response.text()}")
            assert response.status in (302, 303), self.seen[-1]
            return response.headers["Location"]

    async def listen(self, path: str) -> Self:
        """Open the page's socket; it stays open until `leave`. As a page does, it tries again when the server, busy with
        hundreds of others, lets a handshake go.
        """
        url = self._base.replace("http", "ws", 1) + path
        headers = {"Host": self.host, "Cookie": self._cookie, "Origin": f"http://{self.host}"}
        for pause in (0.5, 1, 2, 4, None):
            try:
                self._socket = await self._http.ws_connect(url, headers=headers)
                break
            except (aiohttp.ClientOSError, aiohttp.ServerDisconnectedError):
                if pause is None:
                    raise
                await asyncio.sleep(pause)
        assert self._socket is not None
        self._listening = asyncio.create_task(self._listen(self._socket))
        return self

    async def leave(self) -> None:
        if self._socket:
            await self._socket.close()
        if self._listening:
            await self._listening

    async def hears(self, wanted: Callable[[dict[str, Any]], bool], seconds: float = 60) -> dict[str, Any]:
        """The first message, past or to come, that is as wanted. Raises TimeoutError."""

        def found() -> dict[str, Any] | None:
            return next((message for message in self.messages if wanted(message)), None)

        async with asyncio.timeout(seconds), self._news:
            while (message := found()) is None:
                await self._news.wait()
            return message

    @property
    def _headers(self) -> dict[str, str]:
        return {"Host": self.host, "Cookie": self._cookie, "X-CSRFToken": CSRF}

    async def _listen(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        async for message in socket:
            if message.type is not aiohttp.WSMsgType.TEXT:
                continue
            async with self._news:
                self.heard.append(message.data)
                self.messages.append(message.json())
                self._news.notify_all()

    async def _request(self, method: str, path: str, **body: Any) -> Answer:
        async with self._http.request(
            method, self._base + path, headers=self._headers, timeout=LIMIT, **body
        ) as response:
            answer = Answer(response.status, await response.text())
        self.seen.append(f"{response.headers}\n{answer.text}")
        return answer
