"""Logins, failures, and changes of what one logs in with, in the audit trail: whose, on which site, never a secret.

Of staff the address that they came from is kept as well.
"""

from typing import Any

from allauth.account import signals as account
from allauth.mfa import signals as mfa
from django.contrib.auth import signals as auth
from django.dispatch import receiver
from django.http import HttpRequest

from core import audit
from core.recorded_admin import mask_email
from customers.models import User


@receiver(auth.user_logged_in)
def _logged_in(user: Any, request: HttpRequest | None = None, **_: Any) -> None:
    _record("login", user, request)


@receiver(account.authentication_step_completed)
def _proved(user: Any, request: HttpRequest, method: str, **details: Any) -> None:
    """One step of a login, or of proving oneself again: by password, mailed code, second factor, or a link in a mail."""
    step = {"type": details["type"]} if "type" in details else {}
    _record("login.step", user, request, method=method, again=bool(details.get("reauthenticated")), **step)


@receiver(auth.user_logged_out)
def _logged_out(user: Any, request: HttpRequest | None = None, **_: Any) -> None:
    if user is not None:
        _record("login.end", user, request)


@receiver(auth.user_login_failed)
def _login_failed(credentials: dict[str, Any], request: HttpRequest | None = None, **_: Any) -> None:
    """The address is masked: of an unknown one nothing more is kept."""
    email = str(credentials.get("email") or credentials.get("username") or "")
    user = User.objects.filter(email__iexact=email).first() if email else None
    _record("login.failed", user, request, email=mask_email(email))


@receiver(mfa.authentication_failed)
def _code_failed(user: Any, request: HttpRequest, **_: Any) -> None:
    _record("login.code_failed", user, request)


@receiver(account.login_code_rejected)
def _mailed_code_failed(user: Any, request: HttpRequest, **_: Any) -> None:
    _record("login.mailed_code_failed", user, request)


@receiver(mfa.authenticator_added)
def _factor_added(user: Any, authenticator: Any, request: HttpRequest, **_: Any) -> None:
    _record("factor.added", user, request, kind=str(authenticator.type))


@receiver(mfa.authenticator_removed)
def _factor_removed(user: Any, authenticator: Any, request: HttpRequest, **_: Any) -> None:
    _record("factor.removed", user, request, kind=str(authenticator.type))


@receiver(mfa.authenticator_reset)
def _factor_reset(user: Any, authenticator: Any, request: HttpRequest, **_: Any) -> None:
    _record("factor.reset", user, request, kind=str(authenticator.type))


@receiver([account.password_set, account.password_changed, account.password_reset])
def _password(user: Any, request: HttpRequest, **_: Any) -> None:
    _record("login.password", user, request)


@receiver(account.email_changed)
def _email(user: Any, from_email_address: Any, to_email_address: Any, request: HttpRequest, **_: Any) -> None:
    before = mask_email(from_email_address.email) if from_email_address else None
    _record("login.email", user, request, changes={"email": [before, mask_email(to_email_address.email)]})


def _record(action: str, user: Any, request: HttpRequest | None, **details: Any) -> None:
    if request is not None:
        details["site"] = str(getattr(request, "site", ""))
        if user is not None and user.is_staff:
            details["address"] = request.META.get("REMOTE_ADDR", "")
    actor = None if "failed" in action else user
    audit.record(actor=actor, action=action, subject=user or "unknown account", **details)
