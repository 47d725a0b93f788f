"""The base of every socket: who may listen, from which page, and how a change becomes a push.

A site's consumer (`storefront`, `portal`, `backoffice`) names its groups and renders what changed; this class does the
rest. A socket carries changes only: a page fetches its state once the socket is open, after everything it missed.
"""

import json
import math
import time
from collections.abc import Callable
from contextlib import suppress
from importlib import import_module
from typing import Any, ClassVar, TypeGuard
from urllib.parse import urlsplit

from autobahn.exception import Disconnected
from channels.auth import get_user
from channels.db import database_sync_to_async
from channels.generic.websocket import AsyncWebsocketConsumer
from django.conf import settings

from core import clock
from core.clock import epoch_ms
from core.parse import can_be_stored
from core.security_log import refused
from core.sessions import ENDS_KEY
from customers.groups import person_group
from web import socket_access
from web.frames import SEND_FRAME
from web.live import Hint, Region, Update, page_of_query
from web.live_thread import in_live_thread

REFUSED = 4403
CHANGED = 4401  # what this person may see has changed: a page that connects again learns how it is now
TOO_MUCH = 4429
_MAX_MESSAGES, _PER_SECONDS = 60, 10.0
_OF_THE_OPENING = (
    "headers",
    "query_string",
    "raw_path",
    "session",
    "rights",
    "subprotocols",
)  # read once; a page stays open for hours


class PushConsumer(AsyncWebsocketConsumer):
    """One open page. Subclasses say `open`, run in the database thread, and `updates`, run in the live thread."""

    kinds: ClassVar[frozenset[str]] = frozenset()  # the regions that this socket may render
    open_pages: ClassVar[set[str]] = set()  # the channels of this process's pages
    joined: list[str]
    page_groups: frozenset[str] = frozenset()
    regions: tuple[Region, ...]
    send_frame: Callable[[bytes], None] | None = None  # where the server takes what is encoded already
    takes_lists = False  # several updates in one message; pages that were loaded before these existed take them one by one
    holder: socket_access.Holder | None = None  # whose session it is, if somebody is logged in
    keeps_session: ClassVar[bool] = (
        False  # an operator's pages do while they are at work (`web.working_sessions`)
    )
    session_ends_at: float | None = None
    rights: str | None = None  # as `web.socket_access` saw them last

    async def __call__(self, scope: Any, receive: Any, send: Any) -> Any:
        """What is on its way to a page that has just closed is dropped; the consumer then hears of that and leaves its
        groups. Daphne raises instead (autobahn's error, OSError by the ASGI specification).
        """

        async def send_if_open(message: dict[str, Any]) -> None:
            with suppress(Disconnected, OSError):
                await send(message)

        return await super().__call__(scope, receive, send_if_open)

    async def connect(self) -> None:
        self.joined = []
        self._messages, self._since = 0, time.monotonic()
        if not _is_same_host(self.scope):
            refused("socket.foreign_origin", path=self.scope["path"])
            await self.close()  # before accepting: the handshake is refused
            return
        self.regions, self.takes_lists = page_of_query(self.scope.get("query_string", b""), self.kinds)
        self.send_frame = self.scope.get(SEND_FRAME)
        user_id = self.scope["user"].pk
        if (
            user_id is not None
        ):  # what changes from now on is told; of what changed since it was read, `rights` tell
            session = self.scope["session"]
            self.holder = (session.session_key, user_id)
            if self.keeps_session:
                self.session_ends_at = session.get(ENDS_KEY, math.inf)
            await self._join([person_group(user_id)])
        groups = await in_live_thread(self._enter)
        if not groups:
            refused("socket.refused", path=self.scope["path"])
            await self.accept()  # so that the page learns why
            await self._end(REFUSED)
            return
        self.page_groups = frozenset(groups)
        await self._join(groups)
        if self.holder:
            socket_access.watch(self)
        PushConsumer.open_pages.add(self.channel_name)
        # Joined before the page hears of it: what changes after its fetch is pushed, so nothing falls in between.
        await self.accept()
        for name in _OF_THE_OPENING:
            self.scope.pop(name, None)
        await self._send_time()

    async def disconnect(self, code: int) -> None:
        await self.leave()

    async def leave(self) -> None:
        """Hear nothing more. A repeat does nothing."""
        socket_access.forget(self)
        joined, self.joined = self.joined, []
        for group in joined:
            await self.leave_group(group)
        PushConsumer.open_pages.discard(self.channel_name)

    async def recheck(self, event: dict[str, Any]) -> None:
        """Something ended that this page may rest on (`web.socket_access`): close it unless it may still be open."""
        if self.joined and self.holder and not await self._may_stay(self.holder[0]):
            await self._end(CHANGED)

    async def _may_stay(self, session_key: str) -> bool:
        session = import_module(settings.SESSION_ENGINE).SessionStore(session_key)  # as it is now
        self.scope["user"] = await get_user({"session": session})
        groups = await database_sync_to_async(self.open)()
        return self.page_groups <= set(groups)

    def _enter(self) -> list[str]:
        groups = self.open()
        if groups and self.holder:
            read = self.scope.get("rights")
            self.rights = read or socket_access.rights_of([self.holder]).get(self.holder)
        return groups

    async def _join(self, groups: list[str]) -> None:
        for group in groups:
            await self.hear_group(group)
            self.joined.append(group)

    async def hear_group(self, group: str) -> None:
        """From now on, hear what is pushed to the group."""
        await self.channel_layer.group_add(group, self.channel_name)

    async def leave_group(self, group: str) -> None:
        """Hear nothing more of what is pushed to the group."""
        await self.channel_layer.group_discard(group, self.channel_name)

    async def _end(self, code: int) -> None:
        """Nothing more is heard or said, even to a page that does not answer to the closing."""
        await self.leave()
        await self.close(code=code)

    async def dispatch(self, message: dict[str, Any]) -> None:
        """As Channels does, but a push and the opening go without its hop to another thread, which closes old connections
        there: both reach the database in the live thread.
        """
        if message["type"] == "push":
            await self.push(message)
        elif message["type"] == "websocket.connect":
            await self.websocket_connect(message)
        else:
            await super().dispatch(message)

    async def push(self, event: dict[str, Any]) -> None:
        """A hint of `core.push`: read, render and send what this page shows of it."""
        hint = Hint.parse(event["payload"])
        if not self.concerns(hint):
            return
        for update in await in_live_thread(self.updates, hint):
            await self.send(text_data=update.text)

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        """`sync` is answered, so that a page learns whether its socket is alive; JSON goes to `receive_message`."""
        if not self.joined:
            return
        if self._is_too_much():
            refused("socket.too_much", path=self.scope["path"])
            await self._end(TOO_MUCH)
        elif text_data == "sync":
            await self._send_time()
        else:
            try:
                message = json.loads(text_data or "")
            except (ValueError, RecursionError):
                message = None
            if not _is_readable(message) or not await self.receive_message(message):
                await self.send_message({"type": "error", "code": "invalid"})

    async def receive_message(self, message: dict[str, Any]) -> bool:
        """Something a page says, apart from `sync`; whether it was understood. Everything pages do goes through HTTP."""
        return False

    async def send_message(self, message: dict[str, Any]) -> None:
        await self.send(text_data=json.dumps(message, separators=(",", ":"), ensure_ascii=False))

    async def _send_time(self) -> None:
        """The server's time: a sign of life, and what timers count by. It travels faster here than in a page."""
        await self.send_message({"type": "synced", "server_ms": epoch_ms(clock.now())})

    def open(self) -> list[str]:
        """The groups this page may listen to; none: refused. May query."""
        raise NotImplementedError

    def concerns(self, hint: Hint) -> bool:
        """Whether this page shows anything of the object. Cheap: asked on the event loop for every hint."""
        return True

    def updates(self, hint: Hint) -> list[Update]:
        """What this page must be sent about the change. May query; `web.live.shared` keeps that to once a change."""
        raise NotImplementedError

    def _is_too_much(self) -> bool:
        """Whether this page says more than a person can."""
        if time.monotonic() - self._since > _PER_SECONDS:
            self._messages, self._since = 0, time.monotonic()
        self._messages += 1
        return self._messages > _MAX_MESSAGES


def _is_readable(message: Any) -> TypeGuard[dict[str, Any]]:
    """Whether it is an object whose texts can be stored."""
    return isinstance(message, dict) and all(
        can_be_stored(value) for value in message.values() if isinstance(value, str)
    )


def _is_same_host(scope: dict[str, Any]) -> bool:
    """Whether the page was loaded from the very host it connects to; cookies are sent along from any page."""
    headers = dict(scope.get("headers", []))
    try:
        origin = urlsplit(headers.get(b"origin", b"").decode("latin-1")).netloc.lower()
    except ValueError:  # such as half of an IPv6 address
        return False
    return bool(origin) and origin == headers.get(b"host", b"").decode("latin-1").lower()
