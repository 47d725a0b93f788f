"""A Channels layer on PostgreSQL's LISTEN/NOTIFY: what the default run uses where there is no Redis.

One listening connection per event loop feeds groups held in memory; sending is one NOTIFY. At most once, small
messages only (8 kB), no history: our messages are snapshots that clients refetch when they reconnect.
"""

import asyncio
import base64
import json
import logging
import uuid
from collections import defaultdict
from collections.abc import Sequence
from typing import Any

import psycopg
from channels.layers import BaseChannelLayer
from django.db import connection

from core.mailbox import Mailbox

log = logging.getLogger(__name__)

_LIMIT_BYTES = 7_900
_NOTIFY_CHANNEL = "aeims_channels"
_NOTIFY_ALL = "SELECT pg_notify(%s, payload) FROM unnest(%s::text[]) AS payload"


def _payload(kind: str, target: str, message: dict[str, Any]) -> str:
    body = base64.b64encode(json.dumps(message, separators=(",", ":")).encode()).decode()
    payload = f"{kind} {target} {body}"
    if len(payload) > _LIMIT_BYTES:
        raise ValueError("message too large for NOTIFY: send an id, not the body")
    return payload


class _Loop:
    """What one event loop has: its mailboxes, its groups, and the task that listens."""

    def __init__(self) -> None:
        self.boxes: dict[str, Mailbox[dict[str, Any]]] = {}
        self.groups: defaultdict[str, set[str]] = defaultdict(set)
        self.listening = asyncio.Event()
        self.sender: psycopg.AsyncConnection[Any] | None = None
        self.sending = asyncio.Lock()
        self.task: asyncio.Task[None] | None = None


class NotifyChannelLayer(BaseChannelLayer):  # type: ignore[misc]
    """Groups and single channels over NOTIFY. Django's `default` database, connections of its own."""

    extensions = ["groups"]

    def __init__(self, expiry: int = 60, capacity: int = 200, **_: Any) -> None:
        super().__init__(expiry=expiry, capacity=capacity)
        self._loops: dict[asyncio.AbstractEventLoop, _Loop] = {}

    # -- Channels' interface

    async def new_channel(self, prefix: str = "specific") -> str:
        state = await self._listening_loop()
        name = f"{prefix}.{uuid.uuid4().hex}!notify"
        state.boxes[name] = Mailbox(self.capacity)
        return name

    async def receive(self, channel: str) -> dict[str, Any]:
        state = await self._listening_loop()
        box = state.boxes.setdefault(channel, Mailbox(self.capacity))
        try:
            return await box.get()
        except asyncio.CancelledError:
            if not any(channel in members for members in state.groups.values()):
                state.boxes.pop(channel, None)
            raise

    async def send(self, channel: str, message: dict[str, Any]) -> None:
        await self._notify("c", channel, message)

    async def group_send(self, group: str, message: dict[str, Any]) -> None:
        await self._notify("g", group, message)

    async def group_add(self, group: str, channel: str) -> None:
        state = await self._listening_loop()
        state.boxes.setdefault(channel, Mailbox(self.capacity))
        state.groups[group].add(channel)

    async def group_discard(self, group: str, channel: str) -> None:
        state = self._state()
        state.groups[group].discard(channel)
        if not state.groups[group]:
            del state.groups[group]

    def send_now(self, messages: Sequence[tuple[Sequence[str], dict[str, Any]]]) -> None:
        """Send each message to its groups, from synchronous code on Django's own connection: one statement, no event loop.

        Nothing is written that would have to survive, so the statement waits for no disk. Called outside of any
        transaction; inside one the setting would be the whole transaction's, so there it stays as it is. A message that is
        too large is logged and left out.
        """
        payloads = []
        for groups, message in messages:
            try:
                payloads.append(_payload("g", ",".join(groups), message))
            except ValueError:
                log.exception("a push was left out")
        if not payloads:
            return
        relaxed = "" if connection.in_atomic_block else ", set_config('synchronous_commit', 'off', true)"
        with connection.cursor() as cursor:
            cursor.execute(_NOTIFY_ALL + relaxed, (_NOTIFY_CHANNEL, payloads))

    async def close(self) -> None:
        """Close the connections of this event loop; whoever listened here hears nothing more."""
        state = self._loops.pop(asyncio.get_running_loop(), None)
        if state is None:
            return
        if state.task is not None:
            state.task.cancel()
            await asyncio.gather(state.task, return_exceptions=True)
        if state.sender is not None:
            await state.sender.close()

    # -- inside

    def _state(self) -> _Loop:
        loop = asyncio.get_running_loop()
        for gone in [known for known in self._loops if known.is_closed()]:
            del self._loops[gone]
        return self._loops.setdefault(loop, _Loop())

    async def _listening_loop(self) -> _Loop:
        state = self._state()
        if state.task is None or state.task.done():
            state.task = asyncio.get_running_loop().create_task(self._listen(state))
        await state.listening.wait()
        return state

    async def _connect(self) -> psycopg.AsyncConnection[Any]:
        parameters = dict(connection.get_connection_params())
        for key in ("pool", "cursor_factory", "context", "prepare_threshold", "server_side_binding"):
            parameters.pop(key, None)
        return await psycopg.AsyncConnection.connect(**parameters, autocommit=True)

    async def _listen(self, state: _Loop) -> None:
        pause = 0.1
        while True:
            try:
                async with await self._connect() as listener:
                    await listener.execute(f"LISTEN {_NOTIFY_CHANNEL}")
                    state.listening.set()
                    pause = 0.1
                    async for notice in listener.notifies():
                        self._deliver(state, notice.payload)
                        await asyncio.sleep(0)  # whoever waits takes theirs before the next one comes
            except psycopg.Error as error:
                log.warning("the listening connection was lost: %s", error)
            await asyncio.sleep(pause)
            pause = min(pause * 2, 5.0)

    def _deliver(self, state: _Loop, payload: str) -> None:
        kind, target, body = payload.split(" ", 2)
        names = (
            {target}
            if kind == "c"
            else set[str]().union(*(state.groups.get(g, ()) for g in target.split(",")))
        )
        raw = None
        for box in [state.boxes[name] for name in names if name in state.boxes]:
            raw = raw or base64.b64decode(body)
            if box.full():
                log.warning("a socket is too slow: a message was dropped")
                continue
            box.put_nowait(json.loads(raw))

    async def _notify(self, kind: str, target: str, message: dict[str, Any]) -> None:
        payload = _payload(kind, target, message)
        state = self._state()
        async with state.sending:
            for attempt in (1, 2):
                try:
                    if state.sender is None or state.sender.closed:
                        state.sender = await self._connect()
                    await state.sender.execute("SELECT pg_notify(%s, %s)", (_NOTIFY_CHANNEL, payload))
                    return
                except psycopg.Error:
                    state.sender = None
                    if attempt == 2:
                        raise
