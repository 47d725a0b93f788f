"""`next` leads to a page of the same site, wherever it is read; and nothing that a header says breaks a redirect."""

import pytest
from django.test import Client

from tests.factories import BrandFactory, StaffFactory, UserFactory
from tests.scenario import BRAND_HOST, customer_client, given_customer, logged_in

pytestmark = pytest.mark.django_db
ADMIN, PORTAL = "admin.localhost", "portal.localhost"
ELSEWHERE = [
    "https://evil.example/",
    "//evil.example/",
    "/\\evil.example",
    "http:///evil.example",
    "javascript:alert(1)",
]


@pytest.mark.parametrize("target", ELSEWHERE)
def test_the_staff_login_leads_staff_to_no_other_site(target: str) -> None:
    assert logged_in(StaffFactory(), ADMIN).get("/login/", {"next": target})["Location"] == "/"


def test_the_staff_login_leads_to_a_page_of_its_own() -> None:
    assert (
        logged_in(StaffFactory(), ADMIN).get("/login/", {"next": "/customers/"})["Location"] == "/customers/"
    )


@pytest.mark.parametrize("target", [*ELSEWHERE, f"http://{PORTAL}/statement/", f"http://{ADMIN}/"])
def test_logging_in_leads_to_no_other_site_not_even_to_one_of_ours(target: str) -> None:
    BrandFactory()
    user = UserFactory()
    user.set_password("a long passphrase")
    user.save()
    form = {"login": user.email, "password": "a long passphrase", "next": target}
    answer = Client(headers={"Host": BRAND_HOST}).post("/accounts/login/", form)
    assert (answer.status_code, answer["Location"]) == (302, "/operators/")


@pytest.mark.parametrize("referer", ["http://[", "http://[::1", "//[x]/", "\\\\"])
def test_a_referer_that_is_no_address_is_ignored(referer: str) -> None:
    answer = customer_client(given_customer()).post("/ratings/", {}, headers={"Referer": referer})
    assert answer.status_code < 500
