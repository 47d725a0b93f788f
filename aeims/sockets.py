"""Which socket answers at which address of which site. What they do is said in the sites' consumers."""

import secrets
from typing import Any

from channels.auth import AuthMiddleware, get_user
from channels.db import database_sync_to_async
from channels.routing import URLRouter
from channels.security.websocket import WebsocketDenier
from channels.sessions import CookieMiddleware, SessionMiddleware
from django.contrib.auth.models import AnonymousUser
from django.urls import path, re_path

from aeims.hosts import site_of
from aeims.second_factor import lacks_second_factor
from aeims.site_sessions import belongs_here, read_along
from backoffice.consumers import BoardConsumer
from core import log_lines
from core.parse import can_be_stored
from core.security_log import refused
from portal.consumers import OperatorConsumer, OperatorConversationConsumer
from storefront.consumers import CustomerConsumer, CustomerConversationConsumer, DirectoryConsumer
from web.requests import Site

ROUTES = {
    Site.BRAND: [
        path("ws/me/", CustomerConsumer.as_asgi()),
        path("ws/directory/", DirectoryConsumer.as_asgi()),
        path("ws/conversations/<int:conversation_id>/", CustomerConversationConsumer.as_asgi()),
    ],
    Site.PORTAL: [
        path("ws/operator/", OperatorConsumer.as_asgi()),
        path("ws/conversations/<int:conversation_id>/", OperatorConversationConsumer.as_asgi()),
    ],
    Site.ADMIN: [path("ws/board/", BoardConsumer.as_asgi())],
}


class ReadableSockets:
    """Refuses a socket whose path or cookies hold what cannot be stored, as `aeims.readable_input` does for pages."""

    def __init__(self, inner: Any) -> None:
        self._inner = inner

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> Any:
        if all(map(can_be_stored, (scope["path"], *scope["cookies"].values()))):
            return await self._inner(scope, receive, send)
        return await WebsocketDenier()(scope, receive, send)


def socket_application() -> Any:
    """All sockets, with who is logged in."""
    return CookieMiddleware(ReadableSockets(SessionMiddleware(SocketUsers(SiteSockets()))))


class SocketUsers(AuthMiddleware):
    """Channels' own, to which a person who was read along with their session is not read again."""

    async def resolve_scope(self, scope: dict[str, Any]) -> None:
        holder = await database_sync_to_async(read_along)(scope["session"])
        scope["user"]._wrapped = holder or await get_user(scope)


class SiteSockets:
    """Opens the sockets of the site whose host was asked, and puts `site` and `brand` into the scope.

    An address that this site does not have is refused, as is a host of no site. A session of another site is nobody's, and
    so is one without the second factor that the site needs.
    """

    def __init__(self) -> None:
        refuse = re_path("", WebsocketDenier.as_asgi())
        self._routers = {site: URLRouter([*routes, refuse]) for site, routes in ROUTES.items()}

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> Any:
        scope = await database_sync_to_async(_with_site)(scope)
        about = _about(scope)
        with log_lines.context(lambda: about):
            if scope["site"] not in self._routers:
                refused("socket.no_site")
                return await WebsocketDenier()(scope, receive, send)
            return await self._routers[scope["site"]](scope, receive, send)


def _about(scope: dict[str, Any]) -> dict[str, str]:
    """What log lines say of the socket: an id, the site, and the user."""
    about = {"request": secrets.token_hex(8), "site": str(scope["site"] or "")}
    user_id = getattr(scope.get("user"), "pk", None)
    return about if user_id is None else {**about, "user": str(user_id)}


def _with_site(scope: dict[str, Any]) -> dict[str, Any]:
    host = dict(scope["headers"]).get(b"host", b"").decode("latin-1")
    site, brand = site_of(host)
    of_site = {**scope, "site": site, "brand": brand}
    if site is not None and not belongs_here(scope.get("session", {}), site, brand):
        of_site["user"] = AnonymousUser()
    if lacks_second_factor(of_site["user"], site):  # the pages ask for one
        of_site["user"] = AnonymousUser()
    return of_site
