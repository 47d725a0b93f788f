"""News to open pages over websocket groups, sent after commit. It says what changed, never what it became.

A message names an object and a sequence, and the process that holds the socket reads the object once (`web.live`). It is
small (NOTIFY takes 8 kB), and opens no connection: a worker with threads keeps those that it has. Losing one is harmless, because every page fetches its state when it connects; so a broken
channel layer is logged and breaks nothing else.
"""

import asyncio
import logging
import time
from collections.abc import Callable, Hashable, Iterable, Sequence
from typing import Any

from asgiref.sync import async_to_sync
from channels.layers import get_channel_layer
from django.db import transaction

from core.channel_layer import NotifyChannelLayer
from core.redis_layer import RedisLayer

log = logging.getLogger(__name__)

SEND_SECONDS = 1.0

Message = dict[str, Any]


def hint_after_commit(
    groups: Sequence[str], object_name: str, sequence: int | None = None, **more: Any
) -> None:
    """When the current transaction has committed, tell `groups` that `object_name` ("call.<id>") changed.

    `sequence` orders the changes of one object; without one, the time of sending does. A socket that is in several of
    the groups hears it once. Of several hints of a transaction that differ in `sequence` alone the last one is sent.
    """
    _after_commit(
        groups,
        lambda: {
            "type": "push",
            "payload": {"object": object_name, "sequence": sequence or time_sequence(), **more},
        },
        same_as=(tuple(groups), object_name, *sorted(more.items())),
    )


def time_sequence() -> int:
    """A sequence for objects that count no changes: microseconds of the wall clock, also where a test holds ours.

    Taken before reading, it never claims to know more than was read.
    """
    return time.time_ns() // 1000


def after_commit(groups: Sequence[str], make_message: Callable[[], Message]) -> None:
    """When the current transaction has committed, send `make_message()` to `groups`, together with its other pushes.

    The message is made after the commit, so that it shows what others can read. Its `type` names the
    consumer's method.
    """
    _after_commit(groups, make_message, same_as=object())


def _after_commit(groups: Sequence[str], make_message: Callable[[], Message], *, same_as: Hashable) -> None:
    pushes = _registered_pushes()
    if pushes is not None:
        pushes.add(groups, make_message, same_as)
        return
    pushes = _Pushes()
    pushes.add(groups, make_message, same_as)
    transaction.on_commit(pushes)


def send_together() -> None:
    """Have all pushes of the current transaction go out in one turn, those of savepoints that were released included.

    Called outside of them, once nothing more is pushed.
    """
    connection = transaction.get_connection()
    inside = _real(connection.savepoint_ids)
    hooks = connection.run_on_commit
    released = [one for one in hooks if isinstance(one[1], _Pushes) and _real(one[0]) >= inside]
    if len(released) > 1:
        together = _Pushes()
        for _, hook, _ in released:
            together.take(hook)
        connection.run_on_commit = [one for one in hooks if one not in released]
        transaction.on_commit(together)


class _Pushes:
    """An on-commit hook for all pushes made inside the same savepoints: a savepoint that rolls back takes its hook along."""

    def __init__(self) -> None:
        self._pushes: dict[Hashable, tuple[Sequence[str], Callable[[], Message]]] = {}

    def add(self, groups: Sequence[str], make_message: Callable[[], Message], same_as: Hashable) -> None:
        self._pushes.pop(same_as, None)  # what is sent keeps the order of the last ones
        self._pushes[same_as] = (groups, make_message)

    def take(self, other: "_Pushes") -> None:
        """What the other one would have sent, behind what is here."""
        for same_as, (groups, make_message) in other._pushes.items():
            self.add(groups, make_message, same_as)

    def __call__(self) -> None:
        _send(list(self._pushes.values()))


def _registered_pushes() -> _Pushes | None:
    """The hook that the current transaction has for its current savepoints, if it pushed something there before."""
    connection = transaction.get_connection()
    savepoints = _real(connection.savepoint_ids)
    for registered_in, hook, _ in connection.run_on_commit:
        if isinstance(hook, _Pushes) and _real(registered_in) == savepoints:
            return hook
    return None


def _real(savepoint_ids: Iterable[str | None]) -> set[str | None]:
    """Without the blocks that have no savepoint of their own: Django notes them as None."""
    return set(savepoint_ids) - {None}


def _send(pushes: Sequence[tuple[Sequence[str], Callable[[], Message]]]) -> None:
    """One turn for all of them. One whose message can't be made is logged and holds up no other."""
    messages = []
    for groups, make_message in pushes:
        try:
            messages.append((groups, make_message()))
        except Exception:
            log.exception("no message for %s", _kinds(groups))
    try:
        layer = get_channel_layer()
        if isinstance(layer, NotifyChannelLayer | RedisLayer):
            layer.send_now(messages)
        else:
            async_to_sync(_send_through)(layer, messages)
    except Exception:
        log.exception("push to %s failed", "; ".join(_kinds(groups) for groups, _ in messages))


def _kinds(groups: Sequence[str]) -> str:
    """Groups without the ids of people, for the log."""
    return ", ".join(group.split(".")[0] for group in groups)


async def _send_through(layer: Any, messages: Sequence[tuple[Sequence[str], Message]]) -> None:
    """Send within a second or not at all: whoever made the change is waiting for their answer."""
    async with asyncio.timeout(SEND_SECONDS):
        for groups, message in messages:
            for group in groups:
                await layer.group_send(group, message)
