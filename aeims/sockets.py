"""Which socket answers at which address of which site, and for whom. What they do is said in the sites' consumers.

Thousands come at once after a restart. So one statement reads who is there, all that came in one turn of the loop are read together, and
nothing of the way here stays in memory.
"""

import secrets
from types import SimpleNamespace
from typing import Any, cast

from channels.security.websocket import WebsocketDenier
from django.conf import settings
from django.contrib.auth import get_user
from django.contrib.auth.models import AnonymousUser
from django.http import parse_cookie
from django.urls import URLPattern, path

from aeims.hosts import site_of
from aeims.second_factor import lacks_second_factor
from aeims.site_sessions import belongs_here, read_along
from aeims.socket_sessions import SocketSession
from backoffice.consumers import BoardConsumer
from core import log_lines
from core.parse import can_be_stored
from core.security_log import refused
from portal.consumers import OperatorConsumer, OperatorConversationConsumer
from storefront.consumers import CustomerConsumer, CustomerConversationConsumer, DirectoryConsumer
from web.consumers import PushConsumer
from web.live_thread import give_connection_back, in_live_thread
from web.requests import Site

Scope = dict[str, Any]

ROUTES: dict[Site, list[URLPattern]] = {
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


class SiteSockets:
    """Opens the sockets of the site whose host was asked, and puts `site`, `brand`, `user`, and `rights` into the scope.

    An address that this site does not have is refused, as is a host of no site, and a path or cookie that cannot be stored
    (`aeims.readable_input` does so for pages). A session of another site is nobody's, and so is one without the second factor that
    the site needs. A `user` and `session` that are in the scope already are believed.
    """

    async def __call__(self, scope: Scope, receive: Any, send: Any) -> Any:
        if "cookies" not in scope:
            scope["cookies"] = _cookies(scope)
        if not all(map(can_be_stored, (scope["path"], *scope["cookies"].values()))):
            return await WebsocketDenier()(scope, receive, send)
        try:
            scope.update(await in_live_thread(_who_is_where, scope))
            about = _about(scope)
            log_lines.from_now_on(lambda: about)
            return await _consumer(scope)(scope, receive, send)
        finally:
            if not PushConsumer.open_pages:
                await give_connection_back()


def socket_application() -> Any:
    """All sockets, with who is logged in."""
    return SiteSockets()


def _cookies(scope: Scope) -> dict[str, str]:
    """As Django reads them; of several headers the first one counts."""
    text = next((value for name, value in scope["headers"] if name == b"cookie"), b"")
    return parse_cookie(text.decode("latin-1"))


def _who_is_where(scope: Scope) -> Scope:
    """What is added to the scope."""
    host = next((value for name, value in scope["headers"] if name == b"host"), b"").decode("latin-1")
    site, brand = site_of(host)
    session: Any
    if "user" in scope:
        session, user = scope.get("session", {}), scope["user"]
    else:
        session = SocketSession(scope["cookies"].get(settings.SESSION_COOKIE_NAME))
        # Whoever isn't on the list of logins is found by Django's own way.
        user = read_along(session) or get_user(cast(Any, SimpleNamespace(session=session)))
    if site is not None and not belongs_here(session, site, brand):
        user = AnonymousUser()
    if lacks_second_factor(user, site):  # the pages ask for one
        user = AnonymousUser()
    is_read_along = user is getattr(session, "holder", None)
    rights = session.rights if is_read_along else None
    return {"site": site, "brand": brand, "user": user, "session": session, "rights": rights}


def _consumer(scope: Scope) -> Any:
    """What answers at the address; its parameters go into the scope."""
    if scope["site"] not in ROUTES:
        refused("socket.no_site")
        return WebsocketDenier()
    for route in ROUTES[scope["site"]]:
        if match := route.pattern.match(scope["path"].removeprefix("/")):
            scope["url_route"] = {"kwargs": match[2]}
            return cast(Any, route.callback).consumer_class()
    return WebsocketDenier()


def _about(scope: Scope) -> dict[str, str]:
    """What log lines say of the socket: an id, the site, and the user."""
    about = {"request": secrets.token_hex(8), "site": str(scope["site"] or "")}
    user_id = scope["user"].pk
    return about if user_id is None else {**about, "user": str(user_id)}
