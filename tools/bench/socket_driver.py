"""`python -m tools.bench.socket_driver`: so many open pages, each a websocket through the real servers.

The first line of its input says which (`Pages`); each further one is a command. `open` opens all of them, as many at once as
browsers would that come back together, and is answered with the seconds that took; `close` closes them; `heard` answers with what
came since the last time: for each message of a call its sequence and the moment, for operators the number of messages; and with the
balance that each page shows, by the page's number.
"""

import asyncio
import json
import sys
import time
from dataclasses import dataclass

import aiohttp

AT_ONCE = 100
GIVE_UP_SECONDS = 60.0


@dataclass(frozen=True, kw_only=True)
class Pages:
    """One page for each session; `queries` says in the same order which regions it shows."""

    port: int
    host: str
    sessions: list[str]
    queries: list[str]


class Driver:
    """The pages and what they heard."""

    def __init__(self, pages: Pages, http: aiohttp.ClientSession) -> None:
        self._pages = pages
        self._http = http
        self._open: list[aiohttp.ClientWebSocketResponse] = []
        self._readers: list[asyncio.Task[None]] = []
        self._calls: list[tuple[int, float]] = []
        self._operators = 0
        self._balances: dict[int, tuple[int, str]] = {}  # by page, with the sequence

    async def open(self) -> dict[str, object]:
        started, gate = time.monotonic(), asyncio.Semaphore(AT_ONCE)

        async def open_one(number: int) -> None:
            async with gate:
                await self._open_one(number)

        await asyncio.gather(*(open_one(number) for number in range(len(self._pages.sessions))))
        return {"seconds": time.monotonic() - started}

    async def close(self) -> dict[str, object]:
        for reader in self._readers:
            reader.cancel()
        await asyncio.gather(*self._readers, return_exceptions=True)
        await asyncio.gather(*(page.close() for page in self._open), return_exceptions=True)
        self._open, self._readers = [], []
        return {}

    async def heard(self) -> dict[str, object]:
        calls, self._calls = self._calls, []
        operators, self._operators = self._operators, 0
        lost = sum(reader.done() for reader in self._readers)
        balances = {number: balance for number, (_, balance) in self._balances.items()}
        return {
            "calls": calls, "operators": operators, "lost": lost, "balances": balances, "cpu_seconds": time.process_time(),
        }  # fmt: skip

    async def _open_one(self, number: int) -> None:
        host = self._pages.host
        headers = {
            "Host": host,
            "Origin": f"http://{host}",
            "Cookie": f"sessionid={self._pages.sessions[number]}",
        }
        url = f"ws://127.0.0.1:{self._pages.port}/ws/me/?{self._pages.queries[number]}"
        async with asyncio.timeout(GIVE_UP_SECONDS):
            page = await self._http.ws_connect(url, headers=headers, autoclose=False)
            first = await page.receive_json()
        if first.get("type") != "synced":
            raise RuntimeError(f"a page was told {first} instead of the time")
        self._open.append(page)
        self._readers.append(asyncio.create_task(self._read(page, number)))

    async def _read(self, page: aiohttp.ClientWebSocketResponse, number: int) -> None:
        async for message in page:
            at = time.time()
            told = json.loads(message.data)
            for update in told if isinstance(told, list) else [told]:
                if update.get("region") == "call-bar":
                    self._calls.append((update["sequence"], at))
                elif str(update.get("object", "")).startswith("operator."):
                    self._operators += 1
                elif update.get("region") == "wallet":
                    shown = (update["sequence"], update["slots"]["balance"])
                    # As a page does: what is older than what it shows is dropped.
                    if shown[0] >= self._balances.get(number, shown)[0]:
                        self._balances[number] = shown


async def main() -> None:
    pages = Pages(**json.loads(sys.stdin.readline()))
    connector = aiohttp.TCPConnector(limit=0)
    async with aiohttp.ClientSession(connector=connector) as http:
        driver = Driver(pages, http)
        commands = {"open": driver.open, "close": driver.close, "heard": driver.heard}
        while line := await asyncio.to_thread(sys.stdin.readline):
            print(json.dumps(await commands[json.loads(line)]()), flush=True)


if __name__ == "__main__":
    asyncio.run(main())
