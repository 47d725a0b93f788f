"""One web and its sockets are killed, then the others are replaced, while people talk: no call, no page, and no cent is lost."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator, Iterable
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import aiohttp
import pytest

from tests.full_stack.call_accounts import accounts_of, money_held
from tests.full_stack.caller import BRAND_HOST, PORTAL_HOST
from tests.full_stack.database import ask
from tests.full_stack.http_client import HttpClient
from tests.full_stack.people import Pair, People
from tests.full_stack.process import Process
from tests.full_stack.record import Record
from tests.lab.ports import HOST, free_ports
from tests.processes.live_page import LivePage
from tests.processes.web import Web, two_of_each

pytestmark = pytest.mark.slow
STEP_SECONDS = 60  # for a step of the story on a busy machine


class Talk:
    """One customer who calls one operator."""

    def __init__(self, browser: Web, http: aiohttp.ClientSession, pair: Pair) -> None:
        self.pair, self.call_id = pair, ""
        self.page = HttpClient(http, browser.base, BRAND_HOST, pair.customer_person.session_key)

    async def begin(self) -> None:
        answer = await self.page.post("/api/calls/initiate/", {"operator_id": self.pair.operator.pk})
        assert answer.status == 200, answer.text
        self.call_id = str(answer.json["call_id"])

    async def hang_up(self) -> None:
        answer = await self.page.post("/api/calls/hangup/", {"call_id": self.call_id})
        assert answer.status == 200, answer.text

    async def look_all_the_time(self) -> None:
        """Open pages one after the other; each must open."""
        while True:
            for path in ("/", f"/api/calls/active/?call_id={self.call_id}"):
                assert (await self.page.get(path)).status == 200
            await asyncio.sleep(0.1)


@pytest.mark.parametrize(
    ("calls", "pages", "live_within"),
    [(4, 10, 30), pytest.param(20, 50, 5, marks=pytest.mark.long)],
    ids=["short", "long"],
)
@pytest.mark.timeout(600)
async def test_a_killed_web_and_a_deploy_are_not_noticed_by_who_talks(
    calls: int,
    pages: int,
    live_within: int,
    tmp_path: Path,
    system_database: str,
) -> None:
    pairs = [await ask(People().pair) for _ in range(calls)]
    adapter_url = f"http://{HOST}:{free_ports().http}"
    settings = {"ASTERISK_ADAPTER_URL": adapter_url, "AEIMS_THROTTLES": "0", "WEB_WORKERS": "1"}
    async with (
        two_of_each(tmp_path, system_database, **settings) as browser,
        adapter(tmp_path, browser, adapter_url) as record,
        aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as http,
        opened(pages_of(browser, http, pairs, pages)) as live_pages,
    ):
        talks = [Talk(browser, http, pair) for pair in pairs]
        await all_live(live_pages, STEP_SECONDS)
        await asyncio.gather(*(talk.begin() for talk in talks))
        for talk in talks:
            await record.until_joined(talk.call_id, STEP_SECONDS)
        async with looking(talks[0]):
            for name in ("web", "sockets"):
                os.killpg(browser.processes[name].pid, signal.SIGKILL)
            await all_live(live_pages, live_within)
            assert any(page.away for page in live_pages)  # those of the killed process
            await asyncio.gather(*(browser.processes[name].start() for name in ("web", "sockets")))
            for name in ("web2", "sockets2"):  # the deploy
                await browser.processes[name].stop(seconds=40)
                await all_live(live_pages, live_within)
                await browser.processes[name].start()
        assert all(page.away for page in live_pages)
        heard = {talk: [len(page.messages) for page in live_pages] for talk in talks}
        await asyncio.gather(*(talk.hang_up() for talk in talks))
        for number, talk in enumerate(talks):
            async with asyncio.timeout(STEP_SECONDS):
                await live_pages[number].hears(f"call.{talk.call_id}", heard[talk][number])
            await assert_exact(talk, record)
        assert await ask(money_held, pairs) == {}


@asynccontextmanager
async def looking(talk: Talk) -> AsyncIterator[None]:
    """Within: the customer opens pages; at the end each of them has been opened."""
    task = asyncio.create_task(talk.look_all_the_time())
    try:
        yield
        assert not task.done(), task.exception()
    finally:
        task.cancel()
        await asyncio.wait([task])


async def assert_exact(talk: Talk, record: Record) -> None:
    """It lasted until the customer hung up, for as long as the switch says, and costs what the second model makes of that."""
    joined = await record.until_left(talk.call_id, STEP_SECONDS)
    assert joined.left_at is not None
    async with asyncio.timeout(STEP_SECONDS):
        while not (accounts := await ask(accounts_of, talk.call_id)).is_over:
            await asyncio.sleep(0.1)
    assert (accounts.status, accounts.end_reason, accounts.ended_by) == ("ended", "hangup", "customer")
    milliseconds = round((joined.left_at - joined.joined_at).total_seconds() * 1000)
    assert accounts.joined_ms is not None
    assert (
        abs(accounts.joined_ms - milliseconds) < 500
    )  # the simulator writes its record a moment after its events
    rules = accounts.by_the_rules(accounts.joined_ms)
    assert accounts.charged == accounts.posted == rules.cost
    assert (
        accounts.operator
        == accounts.posted_operator
        == rules.operator_talk + rules.operator_fee + rules.promo
    )
    assert not accounts.needs_review


@asynccontextmanager
async def adapter(directory: Path, browser: Web, url: str) -> AsyncIterator[Record]:
    """Within: the adapter runs on simulated phones, and tells the webs by way of the proxy; the record of its switch."""
    environment = browser.process.environment | {
        "ADAPTER_LISTEN": url.removeprefix("http://"),
        "ADAPTER_JOURNAL": str(directory / "journal"),
        "ADAPTER_NODE": "two-webs",
        "ASTERISK_CEL_FILE": str(directory / "cel.csv"),
    }
    headers = {"Authorization": f"Bearer {environment['AEIMS_API_KEY']}"}

    async def is_ready() -> bool:
        try:
            async with browser.http.get(f"{url}/health", headers=headers) as answer:
                return answer.status == 200
        except aiohttp.ClientError:
            return False

    command = [sys.executable, "manage.py", "run_asterisk_adapter", "--simulate"]
    process = Process("adapter", command, environment, directory / "adapter.log", is_ready)
    try:
        await process.start()
        yield Record(directory / "cel.csv")
    finally:
        await process.kill()


def pages_of(browser: Web, http: aiohttp.ClientSession, pairs: list[Pair], count: int) -> list[LivePage]:
    """One of each customer first, in the order of the pairs, then of each operator, then more of customers."""
    customers = [
        (
            BRAND_HOST,
            pair.customer_person.session_key,
            f"/ws/me/?region=call-panel.{pair.operator.pk}&region=call-bar",
        )
        for pair in pairs
    ]
    operators = [
        (PORTAL_HOST, pair.operator_person.session_key, "/ws/operator/?region=console-talk") for pair in pairs
    ]
    places = [*customers, *operators]
    while len(places) < count:
        places.append(customers[len(places) % len(customers)])
    return [LivePage(http, browser.base, *place) for place in places]


@asynccontextmanager
async def opened(pages: list[LivePage]) -> AsyncIterator[list[LivePage]]:
    async with AsyncExitStack() as exits:
        for page in pages:
            exits.push_async_callback(page.leave)
        yield pages


async def all_live(pages: Iterable[LivePage], seconds: float) -> None:
    async with asyncio.timeout(seconds):
        await asyncio.gather(*(page.is_live() for page in pages))
