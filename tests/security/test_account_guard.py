"""What opens an account, or shuts others out of it, needs a password or code of the last minutes."""

import re
import time

import pytest
from django.contrib.sessions.models import Session
from django.core import mail
from django.test import Client
from pytest_django.fixtures import Settings

from customers.models import User
from tests.factories import BrandFactory, StaffFactory
from tests.scenario import BRAND_HOST, given_customer, given_operator, logged_in
from tests.support.smtp_sink import deliver_mail

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
        ("/accounts/sessions/1/end/", {}),
        ("/account/phones/", {"number": "+1 212 555 0100"}),
        ("/account/phones/1/verify/", {}),
        ("/account/phones/1/remove/", {}),
        ("/account/close/", {"sure": "on", "confirmed": "1"}),
        ("/account/erase/", {"word": "DELETE"}),
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
    assert user.customer.closed_at is None


@pytest.mark.parametrize("password", ["", PASSWORD])
def test_who_just_signed_up_goes_on_to_their_phone(password: str) -> None:
    BrandFactory()
    client = Client(headers={"host": BRAND_HOST})
    fields = {
        "email": "new@example.com",
        "password1": password,
        "born_on": "03/07/1990",
        "is_adult": "on",
        "agrees": "on",
    }
    assert client.post("/accounts/signup/", fields).status_code == 302
    deliver_mail()
    code = re.search(r"(?m)^\s*([A-Z0-9-]{6,9})\s*$", str(mail.outbox[-1].body))
    assert code
    client.post("/accounts/confirm-email/", {"code": code[1]})
    answer = client.post("/account/phones/", {"number": "12"})
    assert (answer.status_code, b"call this number" in answer.content) == (200, True)


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


def test_an_operators_new_phone_and_new_account_need_a_fresh_login() -> None:
    operator = given_operator(user__password=PASSWORD)
    client = proved(logged_in(operator.user, "portal.localhost"), 700)
    for path in ("/settings/phone/", "/payouts/account/"):
        answer = client.post(path, {"typed": "+1 212 555 0100"})
        assert answer["Location"].startswith("/accounts/reauthenticate/")


@pytest.mark.parametrize(
    "path",
    [
        "/customers/user/add/", "/customers/user/{user}/change/", "/customers/user/{user}/password/", "/customers/user/{user}/delete/",
        "/customers/user/", "/account/emailaddress/add/", "/customers/customer/{customer}/change/", "/operators/operator/add/",
        "/backoffice/people/{user}/logins/end/", "/backoffice/people/{user}/logins/factor/", "/backoffice/people/{user}/erase/",
        "/backoffice/customers/{customer}/reopen/", "/backoffice/customers/{customer}/access-basis/",
    ],
)  # fmt: skip
def test_what_staff_change_about_an_account_needs_a_fresh_login(path: str) -> None:
    customer = given_customer()
    desk = proved(logged_in(StaffFactory(password=PASSWORD), "admin.localhost"), 700)
    answer = desk.post(path.format(user=customer.user_id, customer=customer.pk), {"reason": "x"})
    assert answer["Location"].startswith("/accounts/reauthenticate/")
