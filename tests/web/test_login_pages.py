"""Pages of logging in, passwords, and second factors: allauth's views, this product's pages and words."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value, yield_hotp_counters_from_time
from django.template.loader import get_template
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from customers.models import User
from tests.scenario import given_customer
from tools.environment import ROOT

_OURS = ROOT / "templates"
# What allauth says after something was done, where this product has it done.
_SAID = [
    *(f"account/messages/{name}.txt" for name in (
        "logged_in", "logged_out", "login_code_sent", "email_confirmation_failed", "email_confirmation_sent",
        "email_confirmed", "password_changed", "password_set", "primary_email_set",
    )),
    *(f"mfa/messages/{name}.txt" for name in ("recovery_codes_generated", "totp_activated", "totp_deactivated")),
    "usersessions/messages/sessions_logged_out.txt",
]  # fmt: skip


def _views(patterns: list[URLPattern | URLResolver]) -> Iterator[type]:
    for pattern in patterns:
        if isinstance(pattern, URLResolver):
            yield from _views(pattern.url_patterns)
        elif view := getattr(pattern.callback, "view_class", None):
            yield view


def _templates() -> list[str]:
    views = {view for view in _views(get_resolver().url_patterns) if view.__module__.startswith("allauth.")}
    names = {getattr(view, "template_name", None) for view in views}
    # Links that log in or confirm are off: codes do that. The download is off, too.
    unused = {
        "account/email_confirm.html",
        "account/verification_sent.html",
        "mfa/recovery_codes/download.txt",
    }
    return sorted(name for name in names - unused if name)


def test_each_page_and_word_of_allauth_is_our_own() -> None:
    names = [*_templates(), *_SAID]
    assert len(names) > 25
    theirs = [name for name in names if _OURS not in Path(get_template(name).origin.name).parents]
    assert theirs == []


_PASSWORD = "a long enough passphrase"


@pytest.fixture
def user(db: None) -> User:
    user = given_customer().user
    user.set_password(_PASSWORD)
    user.save()
    return user


@pytest.fixture
def client(user: User) -> Client:
    client = Client(HTTP_HOST="flirts.localhost")
    assert client.post("/accounts/login/", {"login": user.email, "password": _PASSWORD}).status_code == 302
    return client


def test_a_password_is_changed(client: Client, user: User) -> None:
    page = client.get("/accounts/password/change/").content.decode()
    for words in ("Change your password", "Current password", "10 characters or more", "Save password"):
        assert words in page
    assert "<ul><li>" not in page, "Django's list of rules"
    chosen = {"password1": "quite another phrase", "password2": "quite another phrase"}
    wrong = client.post("/accounts/password/change/", {"oldpassword": "x", **chosen})
    assert "That isn’t your current password." in wrong.content.decode()
    client.post("/accounts/password/change/", {"oldpassword": _PASSWORD, **chosen})
    user.refresh_from_db()
    assert user.check_password("quite another phrase")


def test_recovery_codes_are_shown_once(client: Client, user: User) -> None:
    asked = client.get("/accounts/2fa/totp/activate/", follow=True)
    assert "Confirm it’s you" in asked.content.decode()
    confirm, _ = asked.redirect_chain[-1]
    activated = client.post(confirm, {"password": _PASSWORD}, follow=True)
    code = format_hotp_value(
        hotp_value(activated.context["form"].secret, next(yield_hotp_counters_from_time()))
    )
    shown = client.post("/accounts/2fa/totp/activate/", {"code": code}, follow=True).content.decode()
    assert "This is the only time we show them" in shown
    assert shown.count('class="setup-key"') == 10
    assert "You have 10 of 10 codes left" in client.get("/accounts/2fa/recovery-codes/").content.decode()
    assert "setup-key" not in client.get("/accounts/2fa/recovery-codes/").content.decode()
    assert (
        "Replace your recovery codes?"
        in client.get("/accounts/2fa/recovery-codes/generate/").content.decode()
    )
    assert (
        "Your recovery codes stop working." in client.get("/accounts/2fa/totp/deactivate/").content.decode()
    )
