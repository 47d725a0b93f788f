"""A plain ARI client for tests: REST calls and an event list. It knows nothing of the product's adapter."""

import asyncio
from collections.abc import Callable
from typing import Any, Self

import aiohttp

from tests.lab.asterisk import ARI_PASSWORD, ARI_USER, Asterisk

Event = dict[str, Any]


class AriError(RuntimeError):
    """Asterisk refused a request; `status` is its HTTP status."""

    def __init__(self, status: int, text: str) -> None:
        super().__init__(f"{status}: {text}")
        self.status = status


class Ari:
    """One application on one node. `events` holds all that Asterisk told it, in order.

    async with Ari(node, app="proof") as ari:
        await ari.post("channels/a", json={"endpoint": "PJSIP/+1999…@carrier", "app": ari.app})
        await ari.wait("StasisStart", channel="a")
    """

    def __init__(self, node: Asterisk, *, app: str) -> None:
        self.node, self.app = node, app
        self.events: list[Event] = []
        self._news = asyncio.Condition()
        self._session: aiohttp.ClientSession | None = None
        self._socket: aiohttp.ClientWebSocketResponse | None = None
        self._reader: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        headers = {"Authorization": aiohttp.encode_basic_auth(ARI_USER, ARI_PASSWORD)}
        self._session = aiohttp.ClientSession(headers=headers, timeout=aiohttp.ClientTimeout(total=10))
        self._socket = await self._session.ws_connect(f"{self.node.ari_url}/events", params={"app": self.app})
        self._reader = asyncio.create_task(self._read(self._socket))
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.disconnect()

    async def disconnect(self) -> None:
        """Go away and leave the calls as they are, as a controller that died."""
        if self._socket and self._reader:
            await self._socket.close()
            await self._reader
        if self._session:
            await self._session.close()

    async def _read(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        async for message in socket:
            async with self._news:
                self.events.append(message.json())
                self._news.notify_all()

    async def request(self, method: str, path: str, *, json: Any = None, **params: str) -> Any:
        """One REST call; the answer's JSON or None. Raises AriError from status 400."""
        if self._session is None:
            raise RuntimeError("not connected")
        url = f"{self.node.ari_url}/{path}"
        async with self._session.request(method, url, json=json, params=params) as answer:
            if answer.status >= 400:
                raise AriError(answer.status, await answer.text())
            return await answer.json() if answer.content_type == "application/json" else None

    async def get(self, path: str, **params: str) -> Any:
        return await self.request("GET", path, **params)

    async def post(self, path: str, *, json: Any = None, **params: str) -> Any:
        return await self.request("POST", path, json=json, **params)

    async def delete(self, path: str, **params: str) -> Any:
        return await self.request("DELETE", path, **params)

    async def set_variable(self, channel: str, name: str, value: str) -> None:
        await self.post(f"channels/{channel}/variable", variable=name, value=value)

    async def wait(
        self,
        kind: str,
        *,
        channel: str | None = None,
        where: Callable[[Event], bool] = lambda _event: True,
        timeout: float = 10,
    ) -> Event:
        """The first event of that type (and of that channel), past or to come. Raises TimeoutError."""

        def found() -> Event | None:
            matching = (
                event
                for event in self.events
                if event["type"] == kind
                and channel in (None, event.get("channel", {}).get("id"))
                and where(event)
            )
            return next(matching, None)

        try:
            async with asyncio.timeout(timeout), self._news:
                while (event := found()) is None:
                    await self._news.wait()
                return event
        except TimeoutError:
            seen = [event["type"] for event in self.events]
            raise TimeoutError(f"no {kind} of {channel or 'any channel'}; came: {seen}") from None
