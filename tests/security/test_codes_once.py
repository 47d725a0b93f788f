"""Codes of an app work once, whatever happens to Redis; recovery codes are hashes once they were shown; others log in anew."""

import time
from datetime import timedelta
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP, format_hotp_value, hotp_value
from django.core.cache import cache
from django.test import Client
from django.utils import timezone
from pytest_django.fixtures import Settings

from customers.models import User
from tests.factories import BrandFactory, UserFactory
from tests.scenario import BRAND_HOST, given_operator
from tests.security.test_staff_sessions import PASSWORD, entered

pytestmark = pytest.mark.django_db
SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"  # gitleaks:allow


@pytest.fixture
def user() -> User:
    BrandFactory()
    user: User = UserFactory(password=PASSWORD)
    return user


def code_of_app() -> str:
    """The code of this half minute; waits if it is about to change."""
    if (left := 30 - time.time() % 30) < 4:
        time.sleep(left)
    return format_hotp_value(hotp_value(SECRET, int(time.time()) // 30))


def logged_in_with(user: User, code: str) -> bool:
    """Whether password and this code let somebody in."""
    client = Client(headers={"Host": BRAND_HOST})
    client.post("/accounts/login/", {"login": user.email, "password": PASSWORD})
    client.post("/accounts/2fa/authenticate/", {"code": code})
    return "_auth_user_id" in client.session


def test_a_code_of_the_app_works_once_though_the_cache_forgot_it(user: User) -> None:
    TOTP.activate(user, SECRET)
    code = code_of_app()
    assert logged_in_with(user, code)
    cache.clear()
    assert not logged_in_with(user, code)
    Authenticator.objects.update(last_used_at=timezone.now() - timedelta(seconds=31))
    cache.clear()
    assert logged_in_with(user, code_of_app())


def test_recovery_codes_are_shown_once_and_kept_as_hashes(
    user: User, django_capture_on_commit_callbacks: Any
) -> None:
    client = entered(user, BRAND_HOST)
    client.post("/accounts/reauthenticate/", {"password": PASSWORD})
    TOTP.activate(user, SECRET)
    codes = RecoveryCodes.activate(user).get_unused_codes()
    shown = client.get("/accounts/2fa/recovery-codes/").content.decode()
    assert all(code in shown for code in codes)
    data = Authenticator.objects.get(type="recovery_codes").data
    assert "seed" not in data
    adapter_text = RecoveryCodes(Authenticator.objects.get(type="recovery_codes")).get_unused_codes()
    assert len(adapter_text) == 10
    assert all("$" in str(text) and code not in str(text) for code in codes for text in adapter_text)
    again = client.get("/accounts/2fa/recovery-codes/").content.decode()
    assert not any(code in again for code in codes)
    assert client.get("/accounts/2fa/recovery-codes/download/").status_code == 403
    assert logged_in_with(user, f"{codes[3][:4]} {codes[3][4:]}")
    assert not logged_in_with(user, codes[3]), "once"
    assert logged_in_with(user, codes[0])
    assert not logged_in_with(user, "00000000")


def test_codes_of_before_are_hashed_when_the_factor_is_used(user: User) -> None:
    TOTP.activate(user, SECRET)
    codes = RecoveryCodes.activate(user).get_unused_codes()
    Authenticator.objects.update(created_at=timezone.now() - timedelta(days=2))
    assert logged_in_with(user, code_of_app())
    assert "seed" not in Authenticator.objects.get(type="recovery_codes").data
    assert logged_in_with(user, codes[9])


@pytest.mark.parametrize("is_needed", [True, False])
def test_operators_need_a_second_factor_where_the_setting_says_so(
    settings: Settings, is_needed: bool
) -> None:
    settings.OPERATOR_SECOND_FACTOR = is_needed
    operator = given_operator(user__password=PASSWORD)
    client = entered(operator.user, "portal.localhost")
    target = client.get("/").get("Location", "")
    assert (target == "/accounts/2fa/totp/activate/") is is_needed
    TOTP.activate(operator.user, SECRET)
    assert client.get("/").status_code == 200


def test_a_new_second_factor_and_a_removed_one_end_all_other_sessions(
    user: User, django_capture_on_commit_callbacks: Any
) -> None:
    other, mine = entered(user, BRAND_HOST), entered(user, BRAND_HOST)
    mine.post("/accounts/reauthenticate/", {"password": PASSWORD})
    secret = mine.get("/accounts/2fa/totp/activate/").context["form"].secret
    code = format_hotp_value(hotp_value(secret, int(time.time()) // 30))
    with django_capture_on_commit_callbacks(execute=True):
        assert mine.post("/accounts/2fa/totp/activate/", {"code": code}).status_code == 302
    assert mine.get("/accounts/sessions/").status_code == 200
    assert other.get("/accounts/sessions/").status_code == 302
