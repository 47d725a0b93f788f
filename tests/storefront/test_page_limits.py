"""Nobody copies the whole directory in a minute, logged in or not; who reads it notices nothing."""

import pytest
from django.core.cache import cache
from django.test import Client
from pytest_django.fixtures import Settings

from tests.scenario import BRAND_HOST, customer_client, given_customer, given_operator

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def three_a_minute(settings: Settings) -> None:
    cache.clear()
    settings.THROTTLES_ON, settings.PAGES_PER_MINUTE = True, 3


def visitor(address: str) -> Client:
    browser = Client(headers={"Host": BRAND_HOST}, REMOTE_ADDR=address)
    browser.post("/enter/")
    return browser


def test_pages_of_the_directory_are_counted_together() -> None:
    operator = given_operator()
    browser = visitor("192.0.2.1")
    pages = ["/operators/", f"/operators/{operator.slug}/", "/", "/operators/?q=a"]
    assert [browser.get(page).status_code for page in pages] == [200, 200, 200, 429]
    answer = visitor("192.0.2.1").get("/operators/")
    assert (answer.status_code, answer["Retry-After"]) == (429, "60")
    assert browser.get("/help/").status_code == 200
    assert visitor("192.0.2.2").get("/operators/").status_code == 200


def test_whoever_is_logged_in_is_counted_by_the_account() -> None:
    given_operator()
    customer = given_customer()
    browser = customer_client(customer)
    assert [browser.get("/operators/").status_code for _ in range(4)] == [200, 200, 200, 429]
    assert customer_client(given_customer()).get("/operators/").status_code == 200


def test_a_household_is_one_address(settings: Settings) -> None:
    given_operator()
    settings.PAGES_PER_MINUTE = 1
    assert visitor("2600:3c03:1:2::3").get("/operators/").status_code == 200
    assert visitor("2600:3c03:1:2::4").get("/operators/").status_code == 429
