"""How long a session lasts on each site: it ends when idle, and at the latest some time after the login.

What for, and how long: docs/authentication.md. The end when idle is the row's expiry (`core.sessions`), which moves with what
its holder does; what an open page asks for by itself keeps nothing alive. An operator at work is not logged out in the
middle of a shift: their open pages keep the session alive (`web.working_sessions`), and the last end waits for theirs.
"""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from allauth.mfa import signals as mfa
from allauth.usersessions.models import UserSession
from django.conf import settings
from django.contrib.auth.signals import user_logged_in
from django.dispatch import receiver
from django.http import HttpRequest, HttpResponse

from core.sessions import ENDS_KEY, IDLE_KEY
from web.requests import Site
from web.working_sessions import LONGEST_SHIFT_SECONDS, at_work

ACTIVE_KEY = "_active_at"
_MOST_EVERY_SECONDS = 3600  # the session is written at most so often: a sixtieth of the idle time, or this


@dataclass(frozen=True, slots=True)
class Lifetime:
    """`idle_seconds` since its holder last did something, `session_seconds` since they logged in; then it has ended."""

    idle_seconds: int
    session_seconds: int
    grace_seconds: int = 0


def lifetime_of(site: Site | None) -> Lifetime | None:
    """Of sessions that are made on this site."""
    match site:
        case Site.BRAND:
            return Lifetime(settings.CUSTOMER_IDLE_SECONDS, settings.CUSTOMER_SESSION_SECONDS)
        case Site.PORTAL:
            idle, most = settings.OPERATOR_IDLE_SECONDS, settings.OPERATOR_SESSION_SECONDS
            return Lifetime(idle, most, LONGEST_SHIFT_SECONDS)
        case Site.ADMIN:
            return Lifetime(settings.STAFF_IDLE_SECONDS, settings.STAFF_SESSION_SECONDS)
    return None


def is_over(session: Mapping[str, Any], site: Site | None) -> bool:
    """Whether it is too long ago that its holder logged in; an operator's session waits while they are at work."""
    late = time.time() - session.get(ENDS_KEY, float("inf"))
    if late < 0:
        return False
    if site is not Site.PORTAL or late >= LONGEST_SHIFT_SECONDS:
        return True
    return not at_work([int(session.get("_auth_user_id", 0))])


class SessionLifetimeMiddleware:
    """Moves the end of the session after each answer to somebody who is logged in."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        lifetime = lifetime_of(getattr(request, "site", None))
        if (
            lifetime
            and request.session.accessed
            and not _is_by_script(request)
            and request.user.is_authenticated
        ):
            every = min(lifetime.idle_seconds / 60, _MOST_EVERY_SECONDS)
            if time.time() - request.session.get(ACTIVE_KEY, 0) >= every:
                _move_end(request.session, lifetime)
        return response


def _is_by_script(request: HttpRequest) -> bool:
    return request.method == "GET" and request.headers.get("Sec-Fetch-Dest") == "empty"


def _move_end(session: Any, lifetime: Lifetime) -> None:
    at = time.time()
    session[ACTIVE_KEY], session[IDLE_KEY] = at, lifetime.idle_seconds
    ends_at = session.setdefault(ENDS_KEY, at + lifetime.session_seconds)
    session.set_expiry(datetime.fromtimestamp(ends_at + lifetime.grace_seconds, UTC))  # the cookie's, too


@receiver(user_logged_in)
def _begin(user: Any, request: Any, **_: Any) -> None:
    """A login begins the time anew, and ends the oldest sessions above the number that one person may have."""
    lifetime = lifetime_of(getattr(request, "site", None))
    if lifetime is None:
        return
    request.session.pop(ENDS_KEY, None)
    _move_end(request.session, lifetime)
    others = [
        session
        for session in UserSession.objects.purge_and_list(user)
        if session.session_key != request.session.session_key
    ]
    others.sort(key=lambda session: session.created_at)
    for session in others[: max(0, len(others) + 1 - settings.MAX_SESSIONS)]:
        session.end()


@receiver([mfa.authenticator_added, mfa.authenticator_removed, mfa.authenticator_reset])
def _end_others(user: Any, request: HttpRequest, **_: Any) -> None:
    """A second factor has changed: all other sessions of this person end."""
    for session in UserSession.objects.filter(user=user).exclude(session_key=request.session.session_key):
        session.end()
