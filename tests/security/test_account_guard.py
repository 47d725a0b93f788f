"""What opens an account, or shuts others out of it, needs a password or code of the last minutes."""

import time

import pytest
from django.contrib.sessions.models import Session
from django.test import Client
from pytest_django.fixtures import Settings

from customers.models import User
from tests.scenario import BRAND_HOST, given_customer, logged_in

pytestmark = pytest.mark.django_db
PASSWORD = "a-long-enough-password"
NEW = "quite-another-password-7"


@pytest.fixture(autouse=True)
def ten_minutes(settings: Settings) -> None:
    settings.STAFF_RECENT_LOGIN_SECONDS = 600


def proved(client: Client, seconds_ago: float) -> Client:
    session = client.session
    session["account_authentication_methods"] = [{"method": "code", "at": time.time() - seconds_ago}]
    session["account_authentication_methods_user"] = session["_auth_user_id"]
    session.save()
    return client


@pytest.fixture
def user() -> User:
    user = given_customer().user
    user.set_unusable_password()
    user.save()
    return user


@pytest.mark.parametrize(
    ("path", "form"),
    [
        ("/accounts/password/set/", {"password1": NEW, "password2": NEW}),
        ("/accounts/email/", {"action_add": "", "email": "another@example.com"}),
        ("/accounts/2fa/totp/activate/", {"code": "123456"}),
        ("/accounts/sessions/", {}),
    ],
)
def test_without_a_password_one_logs_in_again(user: User, path: str, form: dict[str, str]) -> None:
    client = proved(logged_in(user, BRAND_HOST), 700)
    answer = client.post(path, form)
    assert answer.status_code == 302
    assert answer["Location"].startswith("/accounts/login/?next=")
    assert "_auth_user_id" not in client.session
    user.refresh_from_db()
    assert not user.has_usable_password()
    assert not user.emailaddress_set.filter(email="another@example.com").exists()


def test_with_a_code_of_the_last_minutes_a_password_is_set(user: User) -> None:
    client = proved(logged_in(user, BRAND_HOST), 30)
    client.post("/accounts/password/set/", {"password1": NEW, "password2": NEW})
    user.refresh_from_db()
    assert user.check_password(NEW)


def test_others_are_logged_out_by_whoever_shows_that_it_is_them(settings: Settings) -> None:
    user = given_customer(user__password=PASSWORD).user
    other = logged_in(user, BRAND_HOST)
    mine = proved(logged_in(user, BRAND_HOST), 700)
    answer = mine.post("/accounts/sessions/")
    assert answer["Location"].startswith("/accounts/reauthenticate/")
    assert Session.objects.filter(pk=other.session.session_key).exists()
    before = mine.session.session_key
    mine.post(answer["Location"], {"password": PASSWORD})
    assert mine.session.session_key != before, "an id that somebody saw is worth nothing after it"
    assert not Session.objects.filter(pk=before).exists()
