"""Requirements of docs/security.md that need a line or two each: what the frameworks do by themselves, held to it."""

import pytest
from django.test import Client

from customers.models import User
from tests.factories import BrandFactory, UserFactory
from tests.scenario import BRAND_HOST, given_customer

pytestmark = pytest.mark.django_db
HOSTS = (BRAND_HOST, "portal.localhost", "admin.localhost")
LONG = "seven herons walk along the river at dawn and none of them looks back " * 2  # 140 characters
SECRET = "a-header-that-is-not-sent-back"


@pytest.fixture(autouse=True)
def _brand() -> None:
    BrandFactory()


@pytest.mark.parametrize("host", HOSTS)
@pytest.mark.parametrize(
    "path", ["/", "/accounts/login/", "/api/operators/", "/api/balance/check/", "/livez", "/nothing/"]
)
def test_trace_echoes_nothing(host: str, path: str) -> None:
    answer = Client(headers={"Host": host, "X-Secret": SECRET}).trace(path)
    assert answer.status_code >= 300, "no success"
    assert SECRET not in answer.content.decode()
    assert "TRACE" not in answer.headers.get("Allow", "")


@pytest.mark.parametrize("method", ["get", "options"])
def test_pages_of_other_origins_are_let_read_nothing(method: str) -> None:
    headers = {"Host": BRAND_HOST, "Origin": "https://evil.example", "Access-Control-Request-Method": "POST"}
    for path in ("/", "/api/operators/", "/api/calls/initiate/"):
        answer = getattr(Client(headers=headers), method)(path)
        assert [name for name in answer.headers if name.lower().startswith("access-control")] == []


def log_in(user: User, password: str) -> Client | None:
    browser = Client(headers={"Host": BRAND_HOST})
    answer = browser.post("/accounts/login/", {"login": user.email, "password": password})
    return browser if answer.status_code == 302 else None


def test_a_long_password_is_taken_and_each_character_counts() -> None:
    user = given_customer(user__password="the one before, long enough").user
    browser = log_in(user, "the one before, long enough")
    assert browser
    form = {
        "oldpassword": "the one before, long enough",
        "password1": LONG.strip(),
        "password2": LONG.strip(),
    }
    assert browser.post("/accounts/password/change/", form).status_code == 302
    assert log_in(user, LONG.strip()[:-1]) is None
    assert log_in(user, LONG.strip().upper()) is None
    assert log_in(user, LONG.strip())


def test_a_new_password_needs_the_old_one() -> None:
    user: User = UserFactory(password="the one before, long enough")
    given_customer(user=user)
    browser = log_in(user, "the one before, long enough")
    assert browser
    for old in ({}, {"oldpassword": ""}, {"oldpassword": "some other one, long enough"}):
        answer = browser.post(
            "/accounts/password/change/", {"password1": LONG.strip(), "password2": LONG.strip(), **old}
        )
        assert answer.status_code == 200
    assert log_in(user, LONG.strip()) is None


def test_the_cookie_of_a_session_that_was_ended_opens_nothing() -> None:
    user = given_customer(user__password="the one before, long enough").user
    browser = log_in(user, "the one before, long enough")
    assert browser
    key = browser.cookies["sessionid"].value
    assert browser.get("/dashboard/").status_code == 200
    browser.post("/accounts/logout/")
    thief = Client(headers={"Host": BRAND_HOST})
    thief.cookies["sessionid"], thief.cookies["adult"] = key, "yes"
    assert thief.get("/dashboard/").status_code == 302
    assert thief.get("/api/balance/check/").status_code == 401
