"""The thread of the sockets keeps one connection, gets over its loss, and gives errors to whom they belong."""

import asyncio

import pytest
from channels.db import database_sync_to_async
from django.db import connection

from tests.support.database_owner import as_owner
from web.live_thread import give_connection_back, in_live_thread

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("channel_layer")]


def backend() -> int:
    """The process of PostgreSQL that serves this thread."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        return int(cursor.fetchone()[0])


def end(process: int) -> None:
    with as_owner() as cursor:
        cursor.execute("SELECT pg_terminate_backend(%s)", [process])


async def test_one_connection_serves_many_pushes_until_it_is_given_back() -> None:
    first = await in_live_thread(backend)
    assert [await in_live_thread(backend) for _ in range(3)] == [first] * 3
    await give_connection_back()
    assert await in_live_thread(backend) != first


async def test_a_lost_connection_is_replaced_and_the_push_is_made() -> None:
    first = await in_live_thread(backend)
    await database_sync_to_async(end)(first)
    assert await in_live_thread(backend) != first


async def test_an_error_is_that_of_one_page_alone() -> None:
    def fail() -> None:
        raise ZeroDivisionError

    one, two, three = await asyncio.gather(
        in_live_thread(backend), in_live_thread(fail), in_live_thread(backend), return_exceptions=True
    )
    assert one == three
    assert isinstance(two, ZeroDivisionError)


async def test_a_page_that_has_gone_takes_nothing_from_others() -> None:
    gone = asyncio.ensure_future(in_live_thread(backend))
    stays = asyncio.ensure_future(in_live_thread(backend))
    await asyncio.sleep(0)
    gone.cancel()
    assert await stays > 0
