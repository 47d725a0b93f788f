"""News to open pages over websocket groups, sent after commit. It says what changed, never what it became.

A message names an object and a sequence, and the process that holds the socket reads the object once (`web.live`). It is
small (NOTIFY takes 8 kB), and opens no connection: a worker with threads keeps those that it has. Losing one is harmless, because every page fetches its state when it connects; so a broken
channel layer is logged and breaks nothing else.
"""

import asyncio
import logging
import time
from collections.abc import Callable, Sequence
from typing import Any

from asgiref.sync import async_to_sync
from channels.layers import get_channel_layer
from django.db import transaction

from core.channel_layer import NotifyChannelLayer
from core.redis_layer import RedisLayer

log = logging.getLogger(__name__)

SEND_SECONDS = 1.0


def hint_after_commit(
    groups: Sequence[str], object_name: str, sequence: int | None = None, **more: Any
) -> None:
    """When the current transaction has committed, tell `groups` that `object_name` ("call.<id>") changed.

    `sequence` orders the changes of one object; without one, the time of sending does. A socket that is in several of
    the groups hears it once.
    """
    after_commit(
        groups,
        lambda: {
            "type": "push",
            "payload": {"object": object_name, "sequence": sequence or time_sequence(), **more},
        },
    )


def time_sequence() -> int:
    """A sequence for objects that count no changes: microseconds of the wall clock, also where a test holds ours.

    Taken before reading, it never claims to know more than was read.
    """
    return time.time_ns() // 1000


def after_commit(groups: Sequence[str], make_message: Callable[[], dict[str, Any]]) -> None:
    """When the current transaction has committed, send `make_message()` to `groups`.

    The message is made after the commit, so that it shows what others can read. Its `type` names the
    consumer's method.
    """
    transaction.on_commit(lambda: _send(groups, make_message))


def _send(groups: Sequence[str], make_message: Callable[[], dict[str, Any]]) -> None:
    try:
        layer, message = get_channel_layer(), make_message()
        if isinstance(layer, NotifyChannelLayer | RedisLayer):
            layer.groups_send_now(groups, message)
            return
        async_to_sync(_send_through)(layer, groups, message)
    except Exception:
        log.exception("push to %s failed", ", ".join(group.split(".")[0] for group in groups))


async def _send_through(layer: Any, groups: Sequence[str], message: dict[str, Any]) -> None:
    """Send within a second or not at all: whoever made the change is waiting for their answer."""
    async with asyncio.timeout(SEND_SECONDS):
        for group in groups:
            await layer.group_send(group, message)
