"""A session ends when idle and some time after the login, on each site; nobody is logged in everywhere at once."""

import time
from datetime import timedelta

import pytest
from allauth.usersessions.models import UserSession
from django.contrib.sessions.models import Session
from django.test import Client
from django.utils import timezone
from pytest_django.fixtures import Settings

from core.sessions import ENDS_KEY
from customers.models import User
from operators.models import Operator
from operators.states import Presence
from tests.factories import BrandFactory, CustomerFactory, OperatorFactory, StaffFactory
from tests.scenario import BRAND_HOST
from tests.security.test_staff_sessions import PASSWORD, ends_in, entered
from tests.telephony.test_sockets import in_thread
from tests.web.test_socket_access import ADMIN_HOST, PORTAL_HOST, Page
from web import socket_access
from web.working_sessions import LONGEST_SHIFT_SECONDS

pytestmark = pytest.mark.django_db
SITES = {
    BRAND_HOST: ("CUSTOMER", "/dashboard/"),
    PORTAL_HOST: ("OPERATOR", "/dashboard/"),
    ADMIN_HOST: ("STAFF", "/"),
}


def somebody(presence: str = Presence.OFFLINE) -> User:
    """A person who may enter all sites."""
    BrandFactory()
    user: User = StaffFactory(password=PASSWORD)
    CustomerFactory(user=user)
    OperatorFactory(user=user, presence=presence)
    return user


def logged_in_for(client: Client, seconds: float) -> Client:
    """The session as if it had reached its last end so many seconds ago."""
    session = client.session
    session[ENDS_KEY] = time.time() - seconds
    session.save()
    return client


@pytest.mark.parametrize("host", SITES)
def test_a_session_ends_when_nobody_does_anything(host: str, settings: Settings) -> None:
    who, path = SITES[host]
    setattr(settings, f"{who}_IDLE_SECONDS", 6000)
    setattr(settings, f"{who}_SESSION_SECONDS", 90_000)
    client = entered(somebody(), host)
    assert timedelta(seconds=5990) < ends_in(client) <= timedelta(seconds=6000)
    assert int(client.cookies["sessionid"]["max-age"]) > 80_000, "the server ends it, not the browser"
    session = client.session
    session["_active_at"] -= 3000
    session.save()
    Session.objects.filter(pk=session.session_key).update(
        expire_date=timezone.now() + timedelta(seconds=3000)
    )
    assert client.get(path).status_code == 200
    assert ends_in(client) > timedelta(seconds=5990)
    Session.objects.filter(pk=session.session_key).update(expire_date=timezone.now() - timedelta(seconds=1))
    assert client.get(path).status_code == 302


@pytest.mark.parametrize("host", SITES)
def test_a_session_ends_some_time_after_the_login_whatever_is_done(host: str, settings: Settings) -> None:
    who, path = SITES[host]
    setattr(settings, f"{who}_SESSION_SECONDS", 2000)
    client = entered(somebody(), host)
    assert 1990 < client.session[ENDS_KEY] - time.time() <= 2000
    assert client.get(path).status_code == 200
    assert logged_in_for(client, 1).get(path).status_code == 302
    assert client.get("/api/calls/active/").status_code == 401
    client.post("/accounts/login/", {"login": User.objects.get().email, "password": PASSWORD})
    assert client.get(path).status_code == 200, "a login begins the time anew"


@pytest.mark.parametrize("presence", [Presence.ONLINE, Presence.AWAY])
def test_an_operator_at_work_is_not_logged_out_in_the_middle_of_a_shift(presence: str) -> None:
    client = entered(somebody(presence), PORTAL_HOST)
    assert logged_in_for(client, 3600).get("/dashboard/").status_code == 200
    Operator.objects.update(presence=Presence.OFFLINE)
    assert client.get("/dashboard/").status_code == 302
    Operator.objects.update(presence=presence)
    assert logged_in_for(client, LONGEST_SHIFT_SECONDS + 1).get("/dashboard/").status_code == 302


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("channel_layer")
@pytest.mark.parametrize(("presence", "is_kept"), [(Presence.ONLINE, True), (Presence.OFFLINE, False)])
async def test_the_open_console_of_an_operator_at_work_keeps_the_session(
    presence: str, is_kept: bool
) -> None:
    client = await in_thread(lambda: entered(somebody(presence), PORTAL_HOST))()
    page = await Page(client, "/ws/operator/").opened()
    key = client.cookies["sessionid"].value

    def expire_soon() -> None:
        Session.objects.filter(pk=key).update(expire_date=timezone.now() + timedelta(seconds=60))

    await in_thread(expire_soon)()
    await socket_access.look()
    until = await in_thread(lambda: Session.objects.get(pk=key).expire_date)()
    assert (until - timezone.now() > timedelta(hours=1)) is is_kept
    await page.closes()


def test_a_new_login_above_the_number_ends_the_oldest(settings: Settings) -> None:
    settings.MAX_SESSIONS = 2
    user = somebody()
    first, second, third = (entered(user, host) for host in (BRAND_HOST, BRAND_HOST, PORTAL_HOST))
    assert UserSession.objects.filter(user=user).count() == 2
    assert first.get("/dashboard/").status_code == 302
    assert second.get("/dashboard/").status_code == 200
    assert third.get("/").status_code == 200


def test_a_login_that_was_confirmed_again_stays_in_the_list_under_its_new_key() -> None:
    client = entered(somebody(), BRAND_HOST)
    before = client.session.session_key
    client.post("/accounts/reauthenticate/", {"password": PASSWORD})
    assert client.session.session_key != before
    assert [login.session_key for login in UserSession.objects.all()] == [client.session.session_key]
