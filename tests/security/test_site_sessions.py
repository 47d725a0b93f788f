"""A session key that is carried over to another site opens nothing there."""

import pytest
from allauth.mfa.totp.internal.auth import TOTP
from django.test import Client
from pytest_django.fixtures import Settings

from customers.models import User
from tests.factories import BrandFactory, CustomerFactory, OperatorFactory, StaffFactory
from tests.scenario import BRAND_HOST
from tests.telephony.test_sockets import in_thread
from tests.web.test_socket_access import ADMIN_HOST, PORTAL_HOST, Page
from web.consumers import REFUSED

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("channel_layer")]

PASSWORD = "nine herons at dawn"
OTHER_BRAND_HOST = "nycflirts.localhost"
PRIVATE = {
    BRAND_HOST: "/dashboard/",
    OTHER_BRAND_HOST: "/dashboard/",
    PORTAL_HOST: "/dashboard/",
    ADMIN_HOST: "/",
}
SOCKETS = {
    BRAND_HOST: "/ws/me/",
    OTHER_BRAND_HOST: "/ws/me/",
    PORTAL_HOST: "/ws/operator/",
    ADMIN_HOST: "/ws/board/",
}


def somebody_with_every_part() -> User:
    """A person who may enter all four sites."""
    BrandFactory()
    BrandFactory(slug="nycflirts")
    user: User = StaffFactory(password=PASSWORD)
    CustomerFactory(user=user)
    OperatorFactory(user=user)
    return user


def browser_at(host: str, user: User) -> Client:
    browser = Client(headers={"Host": host})
    answer = browser.post("/accounts/login/", {"login": user.email, "password": PASSWORD})
    assert answer.status_code == 302
    return browser


def carried_over(browser: Client, host: str) -> Client:
    other = Client(headers={"Host": host})
    other.cookies["sessionid"] = browser.cookies["sessionid"].value
    return other


@pytest.mark.parametrize("made_at", PRIVATE)
def test_pages_of_other_sites_ask_to_log_in(made_at: str) -> None:
    browser = browser_at(made_at, somebody_with_every_part())
    for host, path in PRIVATE.items():
        status = carried_over(browser, host).get(path).status_code
        assert status == (200 if host == made_at else 302), (host, status)
        api = carried_over(browser, host).get("/api/calls/active/").status_code
        assert (api == 401) is (host != made_at), (host, api)


@pytest.mark.parametrize("made_at", [BRAND_HOST, ADMIN_HOST])
async def test_sockets_of_other_sites_are_refused(made_at: str) -> None:
    browser = await in_thread(lambda: browser_at(made_at, somebody_with_every_part()))()
    for host, path in SOCKETS.items():
        page = await Page(carried_over(browser, host), path).opened()
        code = await page.code(0.5 if host == made_at else 5)
        assert code == (None if host == made_at else REFUSED), host
        await page.closes()


@pytest.mark.parametrize(
    ("host", "setting"),
    [(PORTAL_HOST, "OPERATOR_SECOND_FACTOR"), (ADMIN_HOST, "STAFF_SECOND_FACTOR")],
)
async def test_a_socket_needs_the_second_factor_that_the_pages_need(
    settings: Settings, host: str, setting: str
) -> None:
    """With the password alone nobody reads by a socket what the pages refuse."""
    setattr(settings, setting, True)
    user = await in_thread(somebody_with_every_part)()
    browser = await in_thread(lambda: browser_at(host, user))()
    page = await Page(browser, SOCKETS[host]).opened()
    assert await page.code(5) == REFUSED
    await page.closes()
    await in_thread(lambda: TOTP.activate(user, "JBSWY3DPEHPK3PXP"))()
    page = await Page(browser, SOCKETS[host]).opened()
    assert await page.code(0.5) is None
    await page.closes()
