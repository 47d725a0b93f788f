"""Two workers are as one: limits count for both together, and a push from either reaches pages without a new connection."""

import asyncio
import os
import signal
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

import aiohttp
import psycopg
import pytest
import redis as redis_client
from django.conf import settings

from customers.models import User
from tests.full_stack.caller import BRAND_HOST, PORTAL_HOST
from tests.full_stack.database import ask
from tests.full_stack.dependencies import redis
from tests.full_stack.http_client import HttpClient
from tests.full_stack.people import People
from tests.processes.test_servers import workers_of
from tests.processes.web import Web, stack

pytestmark = pytest.mark.slow
PASSWORD = "a-long-enough-password"
PUSHES = 10


@asynccontextmanager
async def served(directory: Path, database_url: str, *, by_redis: bool) -> AsyncIterator[tuple[Web, str]]:
    """The servers, with Redis or without (its address is empty then)."""
    settings = {"AEIMS_THROTTLES": "1", "DATABASE_POOL_SIZE": "4"}
    if not by_redis:
        async with stack(directory, database_url, **settings) as browser:
            yield browser, ""
        return
    async with (
        redis(directory) as (_, url),
        stack(directory, database_url, REDIS_URL=url, **settings) as browser,
    ):
        yield browser, url


@contextmanager
def only(browser: Web, number: int) -> Iterator[None]:
    """Within: the other worker stands still, so this one serves."""
    other = workers_of(browser)[1 - number]
    os.kill(other, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(other, signal.SIGCONT)


@pytest.mark.parametrize("by_redis", [False, True], ids=["table", "redis"])
async def test_tries_at_a_password_count_for_both_workers(
    by_redis: bool, tmp_path: Path, system_database: str
) -> None:
    """Five wrong ones at the first worker close the account to the other, whatever address is claimed."""

    def give_password() -> str:
        pair = People().pair()
        user = User.objects.get(pk=pair.customer.user_id)
        user.set_password(PASSWORD)
        user.save()
        return user.email

    email = await ask(give_password)
    async with served(tmp_path, system_database, by_redis=by_redis) as (browser, _):

        async def try_it(password: str, number: int) -> int:
            form = {"login": email, "password": password, "csrfmiddlewaretoken": "c" * 32}
            headers = {
                "Host": BRAND_HOST,
                "Cookie": f"csrftoken={'c' * 32}",
                "X-Forwarded-For": f"192.0.2.{number}",
            }
            login = browser.base + "/accounts/login/"
            async with browser.http.post(login, data=form, headers=headers, allow_redirects=False) as answer:
                return answer.status

        with only(browser, 0):
            assert [await try_it("not it", number) for number in range(5)] == [200] * 5
        with only(browser, 1):
            assert await try_it(PASSWORD, 9) == 200  # refused; 302 is who is logged in


@pytest.mark.parametrize("by_redis", [False, True], ids=["table", "redis"])
async def test_requests_at_once_count_for_both_workers_and_none_is_lost(
    by_redis: bool, tmp_path: Path, system_database: str
) -> None:
    pair = await ask(People().pair)
    limit = int(settings.REST_FRAMEWORK["DEFAULT_THROTTLE_RATES"]["calls"].removesuffix("/min"))
    async with (
        served(tmp_path, system_database, by_redis=by_redis) as (browser, _),
        aiohttp.ClientSession() as http,
    ):
        customer = HttpClient(http, browser.base, BRAND_HOST, pair.customer_person.session_key)

        async def call_nobody() -> int:
            return (await customer.post("/api/calls/initiate/", {"operator_id": 0})).status

        answers = Counter(await asyncio.gather(*(call_nobody() for _ in range(2 * limit))))
        assert answers[429] == limit
        assert sum(answers.values()) == 2 * limit
        with only(browser, 0):
            assert await call_nobody() == 429
        with only(browser, 1):
            assert await call_nobody() == 429


@pytest.mark.parametrize("by_redis", [False, True], ids=["notify", "redis"])
async def test_a_push_from_a_worker_opens_no_connection(
    by_redis: bool, tmp_path: Path, system_database: str
) -> None:
    pair = await ask(People().pair)
    async with (
        served(tmp_path, system_database, by_redis=by_redis) as (browser, redis_url),
        aiohttp.ClientSession() as http,
    ):
        operator = HttpClient(http, browser.base, PORTAL_HOST, pair.operator_person.session_key)
        page = HttpClient(http, browser.base, PORTAL_HOST, pair.operator_person.session_key)
        await page.listen("/ws/operator/?region=console-presence")

        async def push(times: int) -> None:
            for number in range(times):
                await operator.submit("/presence/", presence=("offline", "online")[number % 2], minutes="60")

        def connected() -> int:
            return connections_made(redis_url) if by_redis else sessions_made(system_database)

        for number in (0, 1):
            with only(browser, number):
                await push(4)  # the first opens what is kept
        heard = len(page.messages)
        await asyncio.sleep(3)  # until PostgreSQL has counted them
        before = await asyncio.to_thread(connected)
        for number in (0, 1):
            with only(browser, number):
                await push(PUSHES)
        await asyncio.sleep(3)
        assert len(page.messages) >= heard + PUSHES
        assert await asyncio.to_thread(connected) - before <= 3  # those of whoever counts, and of the sweep
        await page.leave()


def sessions_made(database_url: str) -> int:
    with psycopg.connect(database_url) as asking:
        [(sessions,)] = asking.execute(
            "SELECT sessions FROM pg_stat_database WHERE datname = current_database()"
        ).fetchall()
        return int(sessions)


def connections_made(redis_url: str) -> int:
    with redis_client.Redis.from_url(redis_url) as asking:
        return int(asking.info("stats")["total_connections_received"])
