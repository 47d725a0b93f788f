"""What a browser keeps: nothing of a person's answers, and nothing at all once they have logged out."""

import pytest
from django.test import Client

from tests.factories import BrandFactory, StaffFactory
from tests.scenario import BRAND_HOST, customer_client, given_customer, given_operator, logged_in

pytestmark = pytest.mark.django_db
PORTAL, ADMIN = "portal.localhost", "admin.localhost"


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/dashboard/",
        "/calls/",
        "/account/",
        "/messages/",
        "/live/",
        "/api/balance/check/",
        "/no-such-page/",
    ],
)
def test_a_customers_pages_and_api_are_not_stored(path: str) -> None:
    assert "no-store" in customer_client(given_customer()).get(path)["Cache-Control"]


@pytest.mark.parametrize("path", ["/", "/statement/", "/statement.csv", "/customers/", "/settings/"])
def test_an_operators_pages_are_not_stored(path: str) -> None:
    assert "no-store" in logged_in(given_operator().user, PORTAL).get(path)["Cache-Control"]


@pytest.mark.parametrize(
    "path", ["/", "/backoffice/transactions/", "/backoffice/transactions.csv", "/customers/user/"]
)
def test_staff_pages_are_not_stored(path: str) -> None:
    assert "no-store" in logged_in(StaffFactory(), ADMIN).get(path)["Cache-Control"]


def test_the_api_is_not_stored_for_strangers_either() -> None:
    BrandFactory()
    stranger = Client(headers={"Host": BRAND_HOST})
    assert stranger.get("/api/balance/check/")["Cache-Control"] == "no-store"


@pytest.mark.parametrize("host", [BRAND_HOST, PORTAL])
def test_logging_out_has_the_browser_forget_what_it_kept(host: str) -> None:
    person = given_customer().user if host == BRAND_HOST else given_operator().user
    client = logged_in(person, host)
    assert not client.get("/").has_header("Clear-Site-Data")
    assert client.post("/accounts/logout/")["Clear-Site-Data"] == '"cache", "storage"'


def test_staff_who_log_out_of_the_admin_are_forgotten_too() -> None:
    assert logged_in(StaffFactory(), ADMIN).post("/logout/")["Clear-Site-Data"] == '"cache", "storage"'
