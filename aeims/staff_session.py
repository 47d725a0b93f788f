"""Sessions on the staff's site end when nobody did anything for a while (`STAFF_IDLE_SECONDS`), sockets included.

The session's own expiry moves with what its holder does; what an open page asks for by itself keeps nothing alive.
"""

import time
from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from web.requests import Site

_ACTIVE_KEY = "_staff_active_at"
_EVERY_SECONDS = 30  # the session is written at most so often


class StaffSessionMiddleware:
    """Moves the end of the session after each answer to somebody who is logged in on the staff's site."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        is_staff_site = getattr(request, "site", None) is Site.ADMIN
        if is_staff_site and not _is_by_script(request) and request.user.is_authenticated:
            at = time.time()
            if at - request.session.get(_ACTIVE_KEY, 0) >= _EVERY_SECONDS:
                request.session[_ACTIVE_KEY] = at
                request.session.set_expiry(settings.STAFF_IDLE_SECONDS)
        return response


def _is_by_script(request: HttpRequest) -> bool:
    return request.method == "GET" and request.headers.get("Sec-Fetch-Dest") == "empty"
