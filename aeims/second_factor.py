"""Staff need a second factor: enforced here, once, for everything on the staff's host.

allauth asks for the code at each login of somebody who has one; this middleware sees to it that every staff member
has one before they see anything. Off in the demo and in tests (`STAFF_SECOND_FACTOR`).
"""

from collections.abc import Callable

from allauth.mfa.utils import is_mfa_enabled
from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse

from web.requests import Site

# Where somebody without a second factor may still go: to log in and out, and to set one up.
_OPEN = ("/accounts/", "/static/", "/livez", "/readyz")


class SecondFactorMiddleware:
    """Sends staff without a second factor to the page where they set one up; nothing else of the staff's host opens."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if self._is_missing(request):
            messages.info(request, "Staff need a second factor. Set one up to go on.")
            return HttpResponseRedirect(reverse("mfa_activate_totp"))
        return self.get_response(request)

    def _is_missing(self, request: HttpRequest) -> bool:
        if not settings.STAFF_SECOND_FACTOR or getattr(request, "site", None) is not Site.ADMIN:
            return False
        if request.path.startswith(_OPEN) or not request.user.is_authenticated:
            return False
        return not is_mfa_enabled(request.user)
