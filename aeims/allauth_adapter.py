"""How allauth behaves here."""

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.internal.flows.login import record_authentication
from allauth.core import context as allauth_context
from django.conf import settings
from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.auth.hashers import make_password
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import resolve_url
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext_lazy as _

from aeims.account_mail import notice_for
from core.security_log import refused
from customers.models import User
from notices.services.enqueue import enqueue
from storefront.first_touch import forget_first_touch
from web.device_marker import note_login
from web.requests import Site

_LONGEST_ADDRESS = 254


class AccountAdapter(DefaultAccountAdapter):
    """Who may sign up, and where people land after logging in."""

    error_messages = {
        **DefaultAccountAdapter.error_messages,
        "account_inactive": _("This account is closed."),
        "duplicate_email": _("That’s already your email address."),
        "email_password_mismatch": _("That email address and password don’t match."),
        "enter_current_password": _("That isn’t your current password."),
        "incorrect_code": _("That code isn’t right. Check it, or ask for a new one."),
        "incorrect_password": _("That password isn’t right."),
        "invalid_or_expired_key": _("This link has expired."),
        "invalid_password_reset": _("This link has expired."),
        "too_many_login_attempts": _("Too many tries. Wait a few minutes, then try again."),
        "rate_limited": _("Too many tries. Wait a few minutes, then try again."),
    }

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Customers open accounts on the brands' sites, applicants on the operators'; staff get theirs from staff."""
        return getattr(request, "site", None) in (Site.BRAND, Site.PORTAL)

    def get_signup_redirect_url(self, request: HttpRequest) -> str:
        """The next step is the phone that we may ring, or the application."""
        if getattr(request, "site", None) is Site.PORTAL:
            return reverse("portal:apply")
        return reverse("phones")

    def pre_authenticate(self, request: HttpRequest, **credentials: Any) -> None:
        """Whoever failed too often is refused before anything is compared, which is noted."""
        try:
            super().pre_authenticate(request, **credentials)
        except ValidationError:
            refused("login.locked", site=getattr(request, "site", ""))
            raise

    def post_login(self, request: HttpRequest, user: AbstractBaseUser, **details: Any) -> HttpResponse:
        """Whichever way somebody logged in, the browser is noted: accounts that share one are one person's.

        Who signed up chose their password, or typed the code of the mail, a moment ago: they aren't asked again for their phone.
        """
        if details.get("signup"):
            record_authentication(request, user, method="signup")
        response: HttpResponse = super().post_login(request, user, **details)
        note_login(request, response, user.pk)
        if details.get("signup"):
            forget_first_touch(request, response)
        return response

    def get_login_redirect_url(self, request: HttpRequest) -> str:
        """Customers land in the directory, everybody else on the first page of the site they logged in to."""
        if getattr(request, "site", None) is Site.BRAND:
            return reverse("directory")
        return resolve_url(settings.LOGIN_REDIRECT_URL)

    def is_safe_url(self, url: str | None) -> bool:
        """Whether `next` may lead there: to this site and no other, ours included."""
        return url_has_allowed_host_and_scheme(url, allowed_hosts=None)

    def send_account_already_exists_mail(self, email: str) -> None:
        """An address that has an account takes as long to sign up as one that has none: a password is hashed."""
        make_password("as slow as a new account's")
        super().send_account_already_exists_mail(email)

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """Into the outbox, to the very address that allauth names: the request waits for no mail server.

        What is longer than an address can be (RFC 5321) is nobody's, and is told so by the same page.
        """
        if len(email) > _LONGEST_ADDRESS:
            return
        user = context.get("user") or User.objects.filter(email__iexact=email).first()
        kind, texts = notice_for(template_prefix, context, user)
        brand = getattr(allauth_context.request, "brand", None)
        enqueue(kind, recipient=user, address=email, brand=brand, **texts)
