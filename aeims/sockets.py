"""Websocket addresses, the check that only pages of our own hosts open one, and what becomes of words to a page that left."""

from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any
from urllib.parse import urlsplit

from autobahn.exception import Disconnected
from channels.db import database_sync_to_async
from channels.security.websocket import WebsocketDenier
from django.contrib.auth.models import AnonymousUser
from django.urls import path

from aeims.hosts import site_of
from aeims.second_factor import may_watch
from customers.models import Customer, User
from messaging.consumers import ConversationConsumer
from messaging.push import unread_message
from operators.models import Operator
from telephony.consumers import BoardConsumer, CustomerConsumer, DirectoryConsumer, OperatorConsumer
from web.age_gate import has_confirmed_age


class CustomerSocket(CustomerConsumer):
    """The customer's calls and wallet, and how many messages wait."""

    def state_of(self, user: User | AnonymousUser) -> list[dict[str, Any]]:
        return [*super().state_of(user), unread_message(Customer.objects.get(user_id=user.pk or 0))]


class OperatorSocket(OperatorConsumer):
    """The operator's console, and how many messages wait."""

    def state_of(self, user: User | AnonymousUser) -> list[dict[str, Any]]:
        return [*super().state_of(user), unread_message(Operator.objects.get(user_id=user.pk or 0))]


class StaffBoard(BoardConsumer):
    """The board for staff who logged in as strongly as the pages ask for."""

    def may_watch(self, user: User | AnonymousUser) -> bool:
        return may_watch(user)


class VisitorsDirectory(DirectoryConsumer):
    """Who is online, for those who passed the age gate of this host."""

    def may_look(self) -> bool:
        return has_confirmed_age(self.scope["cookies"])


routes = [
    path("ws/me/", CustomerSocket.as_asgi()),
    path("ws/directory/", VisitorsDirectory.as_asgi()),
    path("ws/operator/", OperatorSocket.as_asgi()),
    path("ws/board/", StaffBoard.as_asgi()),
    path("ws/conversations/<int:conversation_id>/", ConversationConsumer.as_asgi()),
]


class SameHostOnly:
    """Refuses a socket whose Origin is not the very host it connects to (cookies are sent along with any).

    Also one to a host that shows no site: a brand's are known from its rows, the others from settings.
    """

    def __init__(self, application: Callable[..., Awaitable[Any]]) -> None:
        self.application = application

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> Any:
        headers = dict(scope.get("headers", []))
        origin = urlsplit(headers.get(b"origin", b"").decode("latin-1")).netloc.lower()
        host = headers.get(b"host", b"").decode("latin-1").lower()
        if origin and origin == host and await _shows_a_site(host):
            return await self.application(scope, receive, send)
        return await WebsocketDenier()(scope, receive, send)


@database_sync_to_async
def _shows_a_site(host: str) -> bool:
    site, _ = site_of(host)
    return site is not None


class IgnoreDisconnected:
    """What is on its way to a page that has just closed is dropped; its consumer then hears of that and leaves its groups.

    Daphne raises instead (autobahn's error, OSError by the ASGI specification), which would end the consumer before it could.
    """

    def __init__(self, application: Callable[..., Awaitable[Any]]) -> None:
        self.application = application

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> Any:
        async def send_if_there(message: dict[str, Any]) -> None:
            with suppress(Disconnected, OSError):
                await send(message)

        return await self.application(scope, receive, send_if_there)
