"""Open pages: the sessions of the people who look at them, and the product's own consumers without a server around."""

import asyncio
import json
import time
from typing import Any

BRAND_HOST = "flirts.localhost"


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
    """Each of these people with a session of theirs, on the list of logins as after logging in."""
    from allauth.usersessions.models import UserSession
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
    UserSession.objects.bulk_create(
        UserSession(user=user, session_key=session.session_key, ip="127.0.0.1", user_agent="bench")
        for user, session in logins
    )
    return logins
