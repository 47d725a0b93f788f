"""What a push of a running call costs: the CPU of the process that sends it and of the one that holds the page.

The yardstick is the least that a push can be: JSON of the same size, ready-made, through the same channel layer, passed on as
it is. The two take turns. That the call changes before each push is not counted.
"""

import asyncio
import json
import multiprocessing
import statistics
import time
from collections.abc import Callable
from datetime import UTC, datetime
from multiprocessing.connection import Connection
from typing import Any

from channels.generic.websocket import AsyncWebsocketConsumer

from tools.bench.database import People, people, running_calls
from tools.bench.open_pages import BRAND_HOST, Page, log_in
from tools.bench.table import Goal

GAP_SECONDS = 0.01
_BYTES = 1800  # of a region of a running call


def measure(*, calls: int = 50, pushes: int = 200, rounds: int = 7) -> list[Goal]:
    from django.db import connection

    them = people(calls)
    running_calls(them, "call_8_", datetime.now(UTC))
    connection.close()
    product, plain = asyncio.run(_take_turns(them, pushes, rounds))
    ratios = [ours / least for ours, least in zip(product, plain, strict=True)]
    ours, least = statistics.median(product), statistics.median(plain)
    return [
        Goal(
            what="a push of a running call, CPU",
            measured=statistics.median(ratios),
            unit=" ×",
            beside=f"plain JSON: {least:.2f} ms; ours {ours:.2f} ms, sender and receiver",
        )
    ]


class _PlainConsumer(AsyncWebsocketConsumer):
    """Passes on what is pushed to the group of its user."""

    async def connect(self) -> None:
        await self.channel_layer.group_add(_plain_group(self.scope["user"].pk), self.channel_name)
        await self.accept()
        await self.send(text_data='{"type":"synced"}')

    async def push(self, event: dict[str, Any]) -> None:
        await self.send(text_data=json.dumps(event["payload"]))


async def _take_turns(them: People, pushes: int, rounds: int) -> tuple[list[float], list[float]]:
    """Milliseconds a push, of each round: the product's, the plain one's."""
    from channels.db import database_sync_to_async
    from channels.layers import get_channel_layer

    from aeims.sockets import SiteSockets
    from brands.models import BrandHost

    await BrandHost.objects.aget_or_create(host=BRAND_HOST, brand_id=them.brand.pk)
    logins = await database_sync_to_async(log_in)(them.users)
    heard: list[tuple[int, float]] = []
    applications = (SiteSockets(), _PlainConsumer.as_asgi())
    pages = [Page(application, login, heard) for application in applications for login in logins]
    for page in pages:
        await page.open()
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    sender = context.Process(target=_send, args=(theirs, them.customers, them.users))
    sender.start()
    costs: dict[str, list[float]] = {"product": [], "plain": []}
    for turn in range(rounds + 1):
        for kind, values in costs.items():
            heard.clear()
            cpu = time.process_time()
            ours.send((kind, pushes))
            sent_cpu = await asyncio.to_thread(ours.recv)
            while len(heard) < pushes:
                if not sender.is_alive():
                    raise SystemExit("The process that pushes failed; its output is above.")
                await asyncio.sleep(0.05)
            if turn:  # the first one warms up
                values.append((sent_cpu + time.process_time() - cpu) / pushes * 1000)
    ours.send(("", 0))
    await asyncio.to_thread(sender.join)
    for page in pages:
        await page.close()
    await get_channel_layer().close()
    return costs["product"], costs["plain"]


def _send(orders: Connection, customers: list[int], users: list[int]) -> None:
    """In a process of its own: push as often as ordered, and answer with the CPU seconds that took."""
    import django

    django.setup()
    from core import push
    from telephony.models import Call
    from telephony.push import push_call
    from telephony.states import LIVE_STATUSES

    calls = list(Call.objects.with_people().filter(customer__in=customers, status__in=LIVE_STATUSES))
    words = "x" * _BYTES
    number = 0

    def plain(at: int) -> None:
        payload = {"region": "call-bar", "sequence": number, "html": words}
        push.after_commit(
            [_plain_group(users[at % len(users)])], lambda: {"type": "push", "payload": payload}
        )

    def product(at: int) -> None:
        push_call(calls[at % len(calls)])

    kinds: dict[str, Callable[[int], None]] = {"product": product, "plain": plain}
    while (order := orders.recv())[0]:
        kind, count = order
        cpu, started = 0.0, time.monotonic()
        for at in range(count):
            number += 1
            call = calls[at % len(calls)]
            call.sequence = number
            Call.objects.filter(pk=call.pk).update(sequence=number)
            before = time.process_time()
            kinds[kind](at)
            cpu += time.process_time() - before
            time.sleep(max(0.0, started + (at + 1) * GAP_SECONDS - time.monotonic()))
        orders.send(cpu)


def _plain_group(user_id: int) -> str:
    return f"plain.{user_id}"
