"""Staff need a second factor, and operators where a setting says so: one rule for everything on their host, sockets included.

allauth asks for the code at each login of somebody who has one; this middleware sees to it that everybody there has one
before they see anything. Off in the demo and in tests (`STAFF_SECOND_FACTOR`, `OPERATOR_SECOND_FACTOR`).
"""

from collections.abc import Callable
from typing import Any

from allauth.mfa.utils import is_mfa_enabled
from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _

from web.requests import Site

# Where somebody without a second factor may still go: to log in and out, and to set one up.
_OPEN = ("/accounts/", "/static/", "/livez", "/readyz")


def lacks_second_factor(user: Any, site: Site | None) -> bool:
    """Whether `user` is logged in on a site that needs a second factor, and has none. A query where it is needed and was not read with the session."""
    is_needed = {Site.ADMIN: settings.STAFF_SECOND_FACTOR, Site.PORTAL: settings.OPERATOR_SECOND_FACTOR}
    return bool(
        site is not None and is_needed.get(site) and user.is_authenticated and not _has_second_factor(user)
    )


def _has_second_factor(user: Any) -> bool:
    read_along = getattr(user, "read_along", None)
    return read_along.has_second_factor if read_along is not None else is_mfa_enabled(user)


class SecondFactorMiddleware:
    """Sends people without a second factor to the page where they set one up; nothing else of the host opens."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if self._is_missing(request):
            messages.info(request, _("Turn on two-step verification to continue."))
            return HttpResponseRedirect(reverse("mfa_activate_totp"))
        return self.get_response(request)

    def _is_missing(self, request: HttpRequest) -> bool:
        site = getattr(request, "site", None)
        return not request.path.startswith(_OPEN) and lacks_second_factor(request.user, site)
