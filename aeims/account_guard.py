"""What opens an account, or shuts others out of it, needs a password or code that is not older than a few minutes.

allauth asks for that too, but not of somebody without a password and without an app, who could be sitting at an open screen.
"""

from collections.abc import Callable
from typing import Any

from allauth.account.signals import authentication_step_completed
from allauth.usersessions.models import UserSession
from django.dispatch import receiver
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_noop

from web.recent_login import ask_for_login

# Views by their names: what one logs in with, phones, leaving, and what staff change about somebody's account.
_GUARDED = frozenset({
    "account_set_password", "account_email", "mfa_activate_totp", "usersessions_list", "end-session",
    "phones", "phone-verify", "phone-remove", "close", "erase", "portal:settings-phone", "portal:settings-phone-remove",
    "portal:settings-phone-verify", "portal:payout-account",
    *(f"admin:customers_user_{deed}" for deed in ("add", "change", "delete", "changelist")), "admin:auth_user_password_change",
    *(f"admin:account_emailaddress_{deed}" for deed in ("add", "change", "delete", "changelist")),
    "admin:customers_customer_change", "admin:operators_operator_add", "admin:operators_operator_change",
    *(f"backoffice:{deed}" for deed in (
        "reopen", "access-basis", "verify-phone", "allow-phone", "erase-person", "end-sessions", "remove-factor", "password-link",
    )),
})  # fmt: skip
_WORDS = gettext_noop("Please log in again first, so that we know it’s you. Nothing was changed.")


class AccountGuardMiddleware:
    """Asks for the login where allauth's views would act."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(self, request: HttpRequest, *args: Any) -> HttpResponse | None:
        match = request.resolver_match
        if match is None or match.view_name not in _GUARDED or not request.user.is_authenticated:
            return None
        return ask_for_login(request, _WORDS)


@receiver(authentication_step_completed)
def _renew_session_key(request: HttpRequest, **details: Any) -> None:
    """Who shows again that it is them gets a new session id: one that somebody saw before is worth nothing now.

    It stays the same login in the list of those that they can end.
    """
    if details.get("reauthenticated"):
        before = request.session.session_key
        request.session.cycle_key()
        UserSession.objects.filter(session_key=before).update(session_key=request.session.session_key)
