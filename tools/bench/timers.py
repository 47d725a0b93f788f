"""Live timers: so many customers in a call, each with an open page, on one process of ours.

The pages are the product's own consumers on the product's default channel layer; another process pushes snapshots as
services do. A call changes now and then (its page counts by itself), here ten seconds apart.
"""

import asyncio
import json
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
BRAND_HOST = "bench.localhost"


def measure(
    *, timers: int = 3000, seconds: int = 20, changes_every: float = CHANGES_EVERY_SECONDS
) -> list[Goal]:
    from django.db import connection

    them = people(timers)
    running_calls(them, "call_9_", datetime.now(UTC))
    connection.close()
    return asyncio.run(_watch(them, seconds, len(them.customers) / changes_every))


class Page:
    """One open page with a running call: what a server would give to and take from the product's sockets."""

    def __init__(self, application: Any, login: tuple[Any, Any], pushes: list[tuple[int, float]]) -> None:
        self._application = application
        host = [(b"host", BRAND_HOST.encode()), (b"origin", f"http://{BRAND_HOST}".encode())]
        self._scope = {
            "type": "websocket",
            "path": "/ws/me/",
            "query_string": b"region=call-bar",
            "headers": host,
            "cookies": {},
            "user": login[0],
            "session": login[1],
        }
        self._to_server: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self._pushes = pushes
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
        data = json.loads(message.get("text") or "{}")
        if data.get("region") == "call-bar":
            self._pushes.append((data["sequence"], time.time()))
        elif data.get("type") == "synced":
            self.is_ready.set()


def log_in(user_ids: list[int]) -> list[tuple[Any, Any]]:
    """Each of these people with a session of theirs."""
    from django.conf import settings
    from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY

    from core.sessions import SessionStore
    from customers.models import User

    logins = []
    for user in User.objects.filter(pk__in=user_ids):
        session = SessionStore()
        session[SESSION_KEY], session[BACKEND_SESSION_KEY] = str(user.pk), settings.AUTHENTICATION_BACKENDS[0]
        session[HASH_SESSION_KEY] = user.get_session_auth_hash()
        session.create()
        logins.append((user, session))
    return logins


async def _watch(them: People, seconds: int, rate: float) -> list[Goal]:
    from channels.db import database_sync_to_async
    from channels.layers import get_channel_layer

    from aeims.sockets import SiteSockets
    from brands.models import BrandHost

    application = SiteSockets()
    await BrandHost.objects.aget_or_create(host=BRAND_HOST, brand_id=them.brand.pk)
    logins = await database_sync_to_async(log_in)(them.users)
    heard: list[tuple[int, float]] = []  # the number of a push and when it arrived
    context = multiprocessing.get_context("spawn")
    sent_at = context.Array("d", round(rate * seconds) + 1, lock=False)
    first = Page(application, logins[0], heard)
    await first.open()  # brings the layer's connections up
    before = _resident_kib()
    pages = [Page(application, login, heard) for login in logins[1:]]
    for at in range(0, len(pages), OPENED_AT_ONCE):
        await asyncio.gather(*(page.open() for page in pages[at : at + OPENED_AT_ONCE]))
    each_kib = (_resident_kib() - before) / max(1, len(pages))
    sender = context.Process(target=_push, args=(them.customers, rate, seconds, sent_at))
    sender.start()
    while not heard:  # the first push says that the other process is up
        if not sender.is_alive():
            raise SystemExit("The process that pushes failed; its output is above.")
        await asyncio.sleep(0.01)
    cpu, clock, counted_from = time.process_time(), time.monotonic(), len(heard)
    await asyncio.sleep(seconds - 1)
    share = (time.process_time() - cpu) / (time.monotonic() - clock)
    waits = sorted(at - sent_at[number] for number, at in heard[counted_from:])
    await asyncio.to_thread(sender.join)
    await asyncio.sleep(1)
    for page in [first, *pages]:
        await page.close()
    layer = get_channel_layer()
    await layer.close()
    marks = Counter(number for number, _ in heard)
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


def _push(customers: list[int], rate: float, seconds: int, sent_at: Any) -> None:
    """In a process of its own: change the call of one customer after the other, `rate` a second, and say so.

    The number of a push is the sequence it gives the call; `sent_at[number]` notes when it was sent.
    """
    import django

    django.setup()
    from core import push
    from customers.groups import customer_group
    from telephony.models import Call
    from telephony.states import LIVE_STATUSES

    live = Call.objects.filter(customer__in=customers, status__in=LIVE_STATUSES)
    calls = {
        customer: (pk, call_id) for customer, pk, call_id in live.values_list("customer_id", "pk", "call_id")
    }
    started = time.monotonic()
    for number in range(1, round(rate * seconds) + 1):
        time.sleep(max(0.0, started + number / rate - time.monotonic()))
        customer = customers[number % len(customers)]
        pk, call_id = calls[customer]
        Call.objects.filter(pk=pk).update(sequence=number)
        sent_at[number] = time.time()
        push.hint_after_commit([customer_group(customer)], f"call.{call_id}", number)


def _resident_kib() -> float:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1024
