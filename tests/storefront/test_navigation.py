"""The main menu of the customer sites: the same links in the header and at the bottom of phones, with words."""

import re

import pytest
from django.test import Client

from tests.factories import BrandFactory, StaffFactory
from tests.scenario import BRAND_HOST, customer_client, given_customer, logged_in

pytestmark = pytest.mark.django_db


def header_of(client: Client, path: str = "/help/") -> str:
    html = client.get(path).content.decode()
    return " ".join(html[html.index("<header") : html.index("</header>")].split())


def tabs_in(header: str) -> list[str]:
    menu = header[header.index("<nav") : header.index("</nav>")]
    return re.findall(r"<a [^>]*> <svg .*?</svg> <span>([^<]+)</span>", menu)


def test_a_customer_has_four_tabs_with_words_and_the_balance_above() -> None:
    header = header_of(customer_client(given_customer()), "/activity/")
    assert tabs_in(header) == ["People", "Messages", "Activity", "Account"]
    assert re.findall(r'href="([^"]+)" aria-current="page"', header) == ["/activity/"]
    assert 'Balance</span> <span data-slot="balance">$45.00' in header


def test_logging_out_is_not_beside_the_account_but_on_its_page_and_in_the_foot() -> None:
    client = customer_client(given_customer())
    assert "logout" not in header_of(client)
    assert client.get("/account/").content.decode().count('action="/accounts/logout/"') == 2


def test_a_visitor_has_tabs_and_a_login_that_comes_back() -> None:
    BrandFactory()
    visitor = Client(headers={"Host": BRAND_HOST})
    visitor.cookies["adult"] = "yes"
    header = header_of(visitor, "/operators/")
    assert tabs_in(header) == ["People", "How it works", "Prices"]
    assert 'href="/accounts/login/?next=%2Foperators%2F"' in header


def test_staff_on_a_customers_site_can_log_out_by_a_word() -> None:
    BrandFactory()
    header = header_of(logged_in(StaffFactory(), BRAND_HOST))
    assert "<nav" not in header
    assert "<span>Log out</span>" in header


def test_dark_and_light_are_chosen_in_the_foot_by_words() -> None:
    html = customer_client(given_customer()).get("/help/").content.decode()
    assert "<scheme-toggle" in html[html.index("<footer") :]
    assert "<span>Light or dark</span>" in html
