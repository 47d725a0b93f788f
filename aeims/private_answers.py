"""What browsers keep of private answers: nothing while somebody is logged in, and nothing afterwards."""

from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.contrib.auth.signals import user_logged_out
from django.dispatch import receiver
from django.http import HttpRequest, HttpResponse

_MARK = "_aeims_logged_out"
# Not "cookies": that would take the age gate's answer along, and of every subdomain. Logging out ends the session itself.
_CLEARED = '"cache", "storage"'


class PrivateAnswersMiddleware:
    """`Cache-Control: no-store` on every answer to a session, of the API, and of the account pages.

    An answer that says itself how it may be kept (pictures, style sheets) is left alone. The answer that logs somebody
    out has the browser forget what it kept of this site.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if not response.has_header("Cache-Control") and _is_private(request, response):
            response.headers["Cache-Control"] = "no-store"
        if getattr(request, _MARK, False):
            response.headers["Clear-Site-Data"] = _CLEARED
        return response


def _is_private(request: HttpRequest, response: HttpResponse) -> bool:
    return (
        settings.SESSION_COOKIE_NAME in request.COOKIES
        or bool(response.cookies)
        or request.path.startswith((settings.API_PREFIX, "/accounts/"))
    )


@receiver(user_logged_out)
def _mark(sender: object, request: HttpRequest | None, **_: Any) -> None:
    if request is not None:
        setattr(request, _MARK, True)
