"""Redis killed or frozen under a web process: nothing that people do fails; each process counts for itself meanwhile."""

import asyncio
from pathlib import Path

import aiohttp
import pytest
from channels.layers import BaseChannelLayer

from core import push
from tests.full_stack.database import ask
from tests.full_stack.dependencies import redis
from tests.full_stack.http_client import HttpClient
from tests.full_stack.people import People
from tests.full_stack.system import BRAND_HOST, PORTAL_HOST
from tests.processes.web import web

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("fault", ["killed", "frozen"])
async def test_everything_goes_on_without_redis(fault: str, tmp_path: Path, system_database: str) -> None:
    pair = await ask(People().pair)
    async with redis(tmp_path) as (store, url):
        settings = {"REDIS_URL": url, "AEIMS_THROTTLES": "1"}
        async with web(tmp_path, system_database, **settings) as browser, aiohttp.ClientSession() as http:
            customer = HttpClient(http, browser.base, BRAND_HOST, pair.customer_person.session_key)
            operator = HttpClient(http, browser.base, PORTAL_HOST, pair.operator_person.session_key)

            async def statuses() -> dict[str, int]:
                nobody = {"call_id": "call_of_nobody"}
                answers = {
                    "directory": await customer.get("/"),
                    "balance": await customer.get("/api/balance/check/"),
                    "hang up": await customer.post("/api/calls/hangup/", nobody),
                    "initiate": await customer.post("/api/calls/initiate/", {"operator_id": 0}),
                    "log in": await customer.submit(
                        "/accounts/login/", login="a@aeims.test", password="wrong"
                    ),
                    "console": await operator.get("/"),
                }
                return {name: answer.status for name, answer in answers.items()}

            before = await statuses()
            assert max(before.values()) < 500, before
            assert await _degraded(http, browser.base) == []
            if fault == "killed":
                await store.kill()
            else:
                store.pause()
            assert await statuses() == before
            assert await _degraded(http, browser.base) == ["Redis"]
            if fault == "killed":
                await store.start()
            else:
                store.go_on()
            await asyncio.sleep(2.5)
            assert await statuses() == before
            assert await _degraded(http, browser.base) == []


def test_a_silent_channel_layer_costs_a_change_one_second(monkeypatch: pytest.MonkeyPatch) -> None:
    class Silent(BaseChannelLayer):  # type: ignore[misc]
        async def group_send(self, group: str, message: dict[str, object]) -> None:
            await asyncio.Event().wait()

    monkeypatch.setattr(push, "SEND_SECONDS", 0.01)
    monkeypatch.setattr(push, "get_channel_layer", Silent)
    push._send([(["somebody"], lambda: {"type": "push"})])


async def _degraded(http: aiohttp.ClientSession, base: str) -> list[str]:
    async with http.get(f"{base}/readyz", headers={"Host": "localhost"}) as answer:
        assert answer.status == 200
        names = (await answer.json())["degraded"]
    return [name for name in names if name not in ("Phone system", "Background workers")]
