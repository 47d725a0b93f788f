"""Tables are migrated first, processes replaced then: in between the web of the release before serves on today's schema."""

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import aiohttp
import pytest

from tests.factories import agreed_to
from tests.full_stack.call_accounts import money_held
from tests.full_stack.caller import BRAND_HOST, PORTAL_HOST
from tests.full_stack.database import ask
from tests.full_stack.http_client import HttpClient
from tests.full_stack.people import Pair, People
from tests.full_stack.process import Process
from tests.lab.ports import HOST, free_ports
from tests.processes.test_two_webs import STEP_SECONDS, Talk, adapter, assert_exact
from tests.processes.web import Web
from tests.upgrade import release_before
from tools.environment import ROOT

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("upgrade")]


async def test_both_releases_serve_calls_on_todays_schema(tmp_path: Path, system_database: str) -> None:
    """Calls that one of them began and the other one, or the same, ends; the events of all go to the release before."""
    pairs = [await ask(People().pair, free_minutes=minutes) for minutes in (0, 1, 0)]
    for pair in pairs:  # a customer of before, who has agreed to today's texts, too
        await ask(agreed_to, pair.customer, release_before.editions())
    adapter_url = f"http://{HOST}:{free_ports().http}"
    async with aiohttp.ClientSession() as http, AsyncExitStack() as exits:
        old = await exits.enter_async_context(
            served(tmp_path, "before", release_before.code(), system_database, adapter_url, http)
        )
        new = await exits.enter_async_context(
            served(tmp_path, "now", ROOT, system_database, adapter_url, http)
        )
        record = await exits.enter_async_context(adapter(tmp_path, old, adapter_url))
        talks = [
            (Talk(begins, http, pair), Talk(ends, http, pair))
            for pair, (begins, ends) in zip(pairs, ((old, old), (old, new), (new, old)), strict=True)
        ]
        await asyncio.gather(*(begun.begin() for begun, _ in talks))
        for begun, ended in talks:
            ended.call_id = begun.call_id
            await record.until_joined(begun.call_id, STEP_SECONDS)
            for web in (old, new):
                assert await pages_opened(web, http, begun.pair) == {200}
        await asyncio.gather(*(ended.hang_up() for _, ended in talks))
        for begun, _ in talks:
            await assert_exact(begun, record)
        assert await ask(money_held, pairs) == {}
        for web in (old, new):
            assert await pages_opened(web, http, pairs[0]) == {200}


async def pages_opened(web: Web, http: aiohttp.ClientSession, pair: Pair) -> set[int]:
    """How the pages that are open in a call, and those of money, were answered by this web."""
    customer = HttpClient(http, web.base, BRAND_HOST, pair.customer_person.session_key)
    operator = HttpClient(http, web.base, PORTAL_HOST, pair.operator_person.session_key)
    pages = [
        customer.get(path)
        for path in ("/", f"/operators/{pair.operator.slug}/", "/dashboard/", "/funds/", "/activity/")
    ]
    pages += [operator.get(path) for path in ("/", "/dashboard/", "/statement/")]
    return {(await page).status for page in pages}


@asynccontextmanager
async def served(
    directory: Path, name: str, code: Path, database_url: str, adapter_url: str, http: aiohttp.ClientSession
) -> AsyncIterator[Web]:
    """Within: one process of the release in `code` serves everything."""
    port = str(free_ports().http)
    base = f"http://{HOST}:{port}"
    environment = os.environ | {
        "DATABASE_URL": database_url, "PORT": port, "ASTERISK_ADAPTER_URL": adapter_url, "AEIMS_THROTTLES": "0",
        "AEIMS_WEBHOOK_URL": f"{base}/api/telephony/events/",
    }  # fmt: skip

    async def is_ready() -> bool:
        try:
            async with http.get(f"{base}/livez") as answer:
                return answer.status == 200
        except aiohttp.ClientError:
            return False

    process = Process(
        name, release_before.command(port), environment, directory / f"{name}.log", is_ready, directory=code
    )
    try:
        await process.start()
        yield Web(process, http)
    finally:
        await process.kill()
