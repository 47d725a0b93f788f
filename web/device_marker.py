"""A random marker that stays in the browser, noted for each account that logs in with it (`customers.Device`).

The network that the account logs in from is noted beside it. The marker is set at log-in only, for one site; signed, so that nobody makes one up. It says nothing about the person; beside `note_login` only
offers that are given once ask for it.
"""

import secrets

from django.conf import settings
from django.core.signing import BadSignature
from django.http import HttpRequest, HttpResponse

from customers.services.devices import hash_of, note_device, note_network

_SALT = "web.device_marker"
_KEPT_SECONDS = 400 * 24 * 3600  # as long as browsers keep a cookie


def note_login(request: HttpRequest, response: HttpResponse, user_id: int) -> None:
    """The user has logged in: note the network and the browser, and give that a marker if it has none."""
    marker = _marker_of(request) or secrets.token_urlsafe(32)
    note_device(user_id=user_id, marker=marker)
    note_network(user_id=user_id, address=request.META.get("REMOTE_ADDR", ""))
    response.set_signed_cookie(
        settings.DEVICE_COOKIE_NAME, marker, salt=_SALT, max_age=_KEPT_SECONDS, samesite="Lax", httponly=True,
        secure=settings.SESSION_COOKIE_SECURE,
    )  # fmt: skip


def marker_hash_of(request: HttpRequest) -> str:
    """The hash under which accounts of this browser are noted; empty if it has no marker."""
    marker = _marker_of(request)
    return hash_of(marker) if marker else ""


def _marker_of(request: HttpRequest) -> str | None:
    try:
        return request.get_signed_cookie(settings.DEVICE_COOKIE_NAME, salt=_SALT, default=None)
    except BadSignature:
        return None
