"""What opens an account, or shuts others out of it, needs a password or code that is not older than a few minutes.

allauth asks for that too, but not of somebody without a password and without an app, who could be sitting at an open screen.
"""

from collections.abc import Callable
from typing import Any

from allauth.account.signals import authentication_step_completed
from django.dispatch import receiver
from django.http import HttpRequest, HttpResponse

from web.recent_login import ask_for_login

_GUARDED = frozenset({"account_set_password", "account_email", "mfa_activate_totp", "usersessions_list"})
_WORDS = "Please log in again first, so that we know it’s you. Nothing was changed."


class AccountGuardMiddleware:
    """Asks for the login where allauth's views would act."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(self, request: HttpRequest, *_: Any) -> HttpResponse | None:
        match = request.resolver_match
        if match is None or match.url_name not in _GUARDED or not request.user.is_authenticated:
            return None
        return ask_for_login(request, _WORDS)


@receiver(authentication_step_completed)
def _renew_session_key(request: HttpRequest, **details: Any) -> None:
    """Who shows again that it is them gets a new session id: one that somebody saw before is worth nothing now."""
    if details.get("reauthenticated"):
        request.session.cycle_key()
