"""The session behind a socket. Reading it reads whose it is, their roles, and a fingerprint of their rights: a socket opens by one statement."""

from functools import cache
from typing import Any

from aeims import session_engine
from web.socket_access import fingerprint_sql


class SocketSession(session_engine.SessionStore):
    """`rights`: of `holder`, as `web.socket_access` compares them once a minute; None until the session is read."""

    key_salt = "django.contrib.sessions.SessionStore"  # Django's is made of the class's name, and sessions are signed with it
    rights: str | None = None

    def _statement(self) -> str:
        return _statement()

    def _take_more(self, value: Any) -> None:
        self.rights = value


@cache
def _statement() -> str:
    """Composed once a process."""
    return session_engine.statement(fingerprint_sql("person"))
