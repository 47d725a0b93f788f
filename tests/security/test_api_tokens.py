"""Tokens of programs end, are kept as hashes, and open no account that needs more than a password."""

from datetime import timedelta
from importlib import import_module

import pytest
from allauth.mfa.totp.internal.auth import TOTP
from django.apps import apps
from django.core.management import CommandError, call_command
from django.utils import timezone
from pytest_django.fixtures import Settings
from rest_framework.authtoken.models import Token
from rest_framework.test import APIClient

from core.errors import NotAllowed
from core.models import AuditRecord
from customers.api_tokens import issue_token
from customers.models import Customer
from tests.factories import StaffFactory
from tests.scenario import BRAND_HOST, given_customer

pytestmark = pytest.mark.django_db


@pytest.fixture
def customer() -> Customer:
    return given_customer()


def status(token: str) -> int:
    """What a program with this token is answered."""
    program = APIClient(HTTP_HOST=BRAND_HOST)
    program.credentials(HTTP_AUTHORIZATION=f"Token {token}")
    return int(program.get("/api/calls/").status_code)


def test_a_token_is_kept_as_a_hash_and_ends(customer: Customer, settings: Settings) -> None:
    settings.API_TOKEN_SECONDS = 1000
    token = issue_token(customer.user)
    row = Token.objects.get(user=customer.user)
    assert status(token) == 200
    assert row.key not in token
    assert status(row.key) == 401
    Token.objects.update(created=timezone.now() - timedelta(seconds=1001))
    assert status(token) == 401
    assert AuditRecord.objects.filter(action="token.issue").count() == 1


def test_an_upgrade_keeps_the_tokens_of_programs_as_hashes(customer: Customer) -> None:
    other, staff = given_customer(), StaffFactory()
    TOTP.activate(other.user, "A" * 32)
    for user, key in ((customer.user, "1" * 40), (other.user, "2" * 40), (staff, "3" * 40)):
        Token.objects.create(user=user, key=key)
    import_module("customers.migrations.0018_manage_logins").hash_tokens(apps, None)
    assert status("1" * 40) == 200
    assert [token.user for token in Token.objects.all()] == [customer.user]
    assert not Token.objects.filter(key="1" * 40).exists()


def test_a_new_token_ends_the_one_before(customer: Customer) -> None:
    first, second = issue_token(customer.user), issue_token(customer.user)
    assert (status(first), status(second)) == (401, 200)


def test_a_token_that_was_kept_as_it_is_opens_nothing(customer: Customer) -> None:
    assert status(Token.objects.create(user=customer.user).key) == 401


def test_nobody_with_a_second_factor_and_no_staff_have_one(customer: Customer) -> None:
    token = issue_token(customer.user)
    TOTP.activate(customer.user, "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP")
    assert status(token) == 401
    for user in (customer.user, StaffFactory()):
        with pytest.raises(NotAllowed):
            issue_token(user)
    Token.objects.all().delete()


def test_a_new_password_and_a_closed_login_end_a_token(customer: Customer) -> None:
    user = customer.user
    token = issue_token(user)
    user.is_active = False
    user.save()
    assert status(token) == 401
    user.is_active = True
    user.set_password("a-long-enough-password")
    user.save()
    assert status(token) == 200
    client = APIClient(HTTP_HOST=BRAND_HOST)
    client.force_login(user)
    words = {"password1": "quite-another-password-7", "password2": "quite-another-password-7"}
    client.post(
        "/accounts/password/change/", {"oldpassword": "a-long-enough-password", **words}, format="multipart"
    )
    assert status(token) == 401


def test_the_command_prints_a_token_that_works(
    customer: Customer, capsys: pytest.CaptureFixture[str]
) -> None:
    call_command("issue_api_token", customer.user.email.upper())
    assert status(capsys.readouterr().out.strip()) == 200
    with pytest.raises(CommandError, match="Nobody"):
        call_command("issue_api_token", "nobody@example.test")
    with pytest.raises(CommandError, match="two-step verification"):
        call_command("issue_api_token", StaffFactory().email)
