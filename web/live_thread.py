"""The thread in which sockets read and render what changed, and its connection to the database.

Channels' `database_sync_to_async` gives the connection back after every call. That is right for what happens now and then; a
push would pay more for it than for what it reads. Here one thread keeps one connection while a page is open, and all
pages that heard of the same change go there together.
"""

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from functools import partial
from typing import Any, TypeVar

from django.db import Error, connection

T = TypeVar("T")
_Job = tuple[asyncio.Future[Any], Callable[[], Any]]
_executor = ThreadPoolExecutor(1, thread_name_prefix="live")
_waiting: dict[asyncio.AbstractEventLoop, list[_Job]] = {}


async def in_live_thread(function: Callable[..., T], *arguments: Any) -> T:
    """`function(*arguments)`, which only reads: if the database refuses, it is called again with a new connection."""
    loop = asyncio.get_running_loop()
    result: asyncio.Future[T] = loop.create_future()
    if loop not in _waiting:
        _waiting[loop] = []
        loop.call_soon(_start, loop)  # after all that this turn of the loop brings
    _waiting[loop].append((result, partial(copy_context().run, function, *arguments)))
    return await result


async def give_connection_back() -> None:
    """No page is open."""
    await in_live_thread(_close)


def _start(loop: asyncio.AbstractEventLoop) -> None:
    _executor.submit(_work, loop, _waiting.pop(loop))


def _work(loop: asyncio.AbstractEventLoop, jobs: Sequence[_Job]) -> None:
    outcomes = [_outcome(call) for _, call in jobs]
    if not loop.is_closed():
        loop.call_soon_threadsafe(_finish, jobs, outcomes)


def _outcome(call: Callable[[], Any]) -> tuple[Any, Exception | None]:
    try:
        return _call(call), None
    except Exception as error:
        return None, error


def _call(call: Callable[[], Any]) -> Any:
    try:
        return call()
    except Error:
        _close()
        return call()


def _finish(jobs: Sequence[_Job], outcomes: Sequence[tuple[Any, Exception | None]]) -> None:
    for (result, _), (value, error) in zip(jobs, outcomes, strict=True):
        if result.done():  # its page has gone
            continue
        if error is None:
            result.set_result(value)
        else:
            result.set_exception(error)


def _close() -> None:
    connection.close()
