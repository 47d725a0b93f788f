"""Live timers: so many customers in a call, each with an open page, on one process of ours.

The pages are the product's own consumers on the product's default channel layer; another process pushes snapshots as
services do. A call changes now and then (its page counts by itself), here ten seconds apart.
"""

import asyncio
import multiprocessing
import os
import time
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tools.bench.database import People, people, running_calls
from tools.bench.table import Goal

CHANGES_EVERY_SECONDS = 10
OPENED_AT_ONCE = 50


def measure(
    *, timers: int = 3000, seconds: int = 20, changes_every: float = CHANGES_EVERY_SECONDS
) -> list[Goal]:
    from django.db import connection

    them = people(timers)
    running_calls(them, "call_9_", datetime.now(UTC))
    connection.close()
    return asyncio.run(_watch(them, seconds, len(them.customers) / changes_every))


class _Page:
    """One open page: what a server would give to and take from the product's websocket application."""

    def __init__(self, application: Any, user: Any, heard: list[tuple[str, float]]) -> None:
        self._application = application
        self._scope = {"type": "websocket", "path": "/ws/me/", "headers": [], "user": user}
        self._to_server: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self._heard = heard
        self.is_ready = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    async def open(self) -> None:
        self._to_server.put_nowait({"type": "websocket.connect"})
        self._task = asyncio.create_task(
            self._application(self._scope, self._to_server.get, self._from_server)
        )
        await self.is_ready.wait()

    async def close(self) -> None:
        self._to_server.put_nowait({"type": "websocket.disconnect", "code": 1000})
        assert self._task is not None
        await asyncio.wait([self._task])

    async def _from_server(self, message: dict[str, Any]) -> None:
        text = message.get("text") or ""
        if '"mark"' in text:
            mark = text.rpartition('"mark"')[2].split('"')[1]
            self._heard.append((mark, time.time() - float(mark.split("/")[1])))
        elif '"wallet"' in text:  # the last of what a page is told when it connects
            self.is_ready.set()


async def _watch(them: People, seconds: int, rate: float) -> list[Goal]:
    from channels.db import database_sync_to_async
    from channels.layers import get_channel_layer
    from channels.routing import URLRouter

    from aeims.sockets import routes
    from customers.models import User

    application = URLRouter(routes)
    users = await database_sync_to_async(lambda: list(User.objects.filter(pk__in=them.users)))()
    heard: list[tuple[str, float]] = []
    first = _Page(application, users[0], heard)
    await first.open()  # brings the layer's connections up
    before = _resident_kib()
    pages = [_Page(application, user, heard) for user in users[1:]]
    for at in range(0, len(pages), OPENED_AT_ONCE):
        await asyncio.gather(*(page.open() for page in pages[at : at + OPENED_AT_ONCE]))
    each_kib = (_resident_kib() - before) / max(1, len(pages))
    sender = multiprocessing.get_context("spawn").Process(target=_push, args=(them.customers, rate, seconds))
    sender.start()
    while not heard:  # the first push says that the other process is up
        if not sender.is_alive():
            raise SystemExit("The process that pushes failed; its output is above.")
        await asyncio.sleep(0.01)
    cpu, clock, counted_from = time.process_time(), time.monotonic(), len(heard)
    await asyncio.sleep(seconds - 1)
    share = (time.process_time() - cpu) / (time.monotonic() - clock)
    waits = sorted(wait for _, wait in heard[counted_from:])
    await asyncio.to_thread(sender.join)
    await asyncio.sleep(1)
    for page in [first, *pages]:
        await page.close()
    layer = get_channel_layer()
    await layer.close()
    marks = Counter(mark for mark, _ in heard)
    sent = round(rate * seconds)
    name = f"{len(them.customers)} live timers"
    return [
        Goal(
            what=f"{name}: share of a core",
            measured=share,
            wanted=0.3,
            beside=f"a limit; {len(waits) / (seconds - 1):.0f} pushes/s",
        ),
        Goal(
            what=f"{name}: 99 % of pushes arrive within",
            measured=waits[int(len(waits) * 0.99)] * 1000,
            wanted=25,
            unit=" ms",
            beside=f"a limit; median {waits[len(waits) // 2] * 1000:.1f} ms",
        ),
        Goal(what=f"{name}: memory each", measured=each_kib, wanted=40, unit=" KiB", beside="a limit"),
        Goal(
            what=f"{name}: delivered twice or not at all",
            measured=sum(times - 1 for times in marks.values()) + sent - len(marks),
            wanted=0,
            beside=f"{sent} pushes",
        ),
    ]


def _push(customers: list[int], rate: float, seconds: int) -> None:
    """In a process of its own: push a snapshot to one customer after the other, `rate` a second."""
    import django

    django.setup()
    from core import push
    from customers.groups import customer_group
    from customers.models import Customer
    from telephony.selectors import live_call_of
    from telephony.snapshots import customer_snapshot

    call = live_call_of(Customer.objects.get(pk=customers[0]))
    assert call is not None
    snapshot = customer_snapshot(call)
    started = time.monotonic()
    for number in range(round(rate * seconds)):
        time.sleep(max(0.0, started + number / rate - time.monotonic()))
        payload = {"type": "call", "call": snapshot, "mark": f"{number}/{time.time()}"}
        push.after_commit(
            customer_group(customers[number % len(customers)]),
            lambda payload=payload: {"type": "push", "payload": payload},  # type: ignore[misc]
        )


def _resident_kib() -> float:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1024
