"""An operator who waits while a customer adds funds, on the pages of both: one region each, and what pushes say of it."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from billing.models import MerchantAccount
from core import clock
from customers.models import Customer
from operators.models import Operator
from telephony.models import Reservation
from tests.scenario import BRAND_HOST, given_credit, given_customer, given_operator, logged_in
from tests.support.card_processor import ACCOUNT, NAME, Processor, given_paid

pytestmark = pytest.mark.django_db
PORTAL_HOST, LARGEST = "portal.localhost", 2048


@pytest.fixture
def customer(processor: Processor) -> Customer:
    """A customer without money, on a site that takes cards."""
    found = given_customer(balance=0)
    MerchantAccount.objects.create(
        brand=found.home_brand, gateway=NAME, account=ACCOUNT, statement_text="NYCF*SUPPORT",
        support_phone="+12125550123",
    )  # fmt: skip
    return found


@pytest.fixture
def sarah() -> Operator:
    return given_operator(stage_name="Sarah", slug="sarah")


@pytest.fixture
def client(customer: Customer) -> Client:
    return logged_in(customer.user, BRAND_HOST)


def region(client: Client, name: str) -> str:
    """What the live view answers for a region."""
    [update] = [one for one in client.get(f"/live/?region={name}").json()["updates"] if one["region"] == name]
    return str(update["html"])


def reserved(client: Client) -> None:
    answer = client.post(
        "/operators/sarah/reserve/", HTTP_REFERER=f"http://{BRAND_HOST}/funds/?operator=sarah"
    )
    assert answer.headers["Location"] == "/funds/?operator=sarah"


def test_the_funds_page_offers_it_and_counts_down_and_the_console_says_so(
    client: Client, customer: Customer, sarah: Operator
) -> None:
    assert "Reserve for 2 minutes" in client.get("/funds/?operator=sarah").content.decode()
    assert "Reserve" not in client.get("/funds/").content.decode()
    reserved(client)
    page = client.get("/funds/?operator=sarah").content.decode()
    assert "Sarah is waiting for you:" in page
    assert "2:00" in page
    assert "Cancel reservation" in page
    assert "Call now" not in page, "there is no money yet"
    console = logged_in(sarah.user, PORTAL_HOST)
    shown = region(console, "console-presence")
    assert "Reserved, caller is adding funds, " in shown
    assert "Release" in shown
    assert customer.alias not in shown
    assert "$" not in shown


def test_once_paid_she_can_be_called_from_the_page_of_the_payment(
    client: Client, customer: Customer, sarah: Operator, processor: Processor
) -> None:
    reserved(client)
    payment = given_paid(processor, customer, 2500)
    page = client.get(f"/funds/{payment.public_id}/").content.decode()
    assert "Call now" in page
    assert 'href="/operators/sarah/"' in page
    panel = client.get("/operators/sarah/").content.decode()
    assert 'data-state="ready"' in panel
    other = logged_in(given_customer().user, BRAND_HOST)
    assert 'data-state="busy"' in other.get("/operators/sarah/").content.decode()
    assert "Reserve for 2 minutes" not in other.get("/funds/?operator=sarah").content.decode()
    answer = client.post("/api/calls/initiate/", {"operator_id": sarah.pk}, content_type="application/json")
    assert answer.status_code in (200, 503), answer.content


def test_each_side_ends_it_and_nothing_is_shown_after_its_time(
    client: Client, customer: Customer, sarah: Operator
) -> None:
    name = f"reserve.{sarah.pk}"
    reserved(client)
    assert "is waiting for you" in region(client, name)
    console = logged_in(sarah.user, PORTAL_HOST)
    assert console.post("/release/", headers={"X-Requested-With": "fetch"}).status_code == 204
    assert "is waiting for you" not in region(client, name)
    reserved(client)
    assert client.post("/reservation/release/", headers={"X-Requested-With": "fetch"}).status_code == 204
    assert "Reserve for 2 minutes" in region(client, name)
    reserved(client)
    with clock.using(lambda: Reservation.objects.latest("id").ends_at + timedelta(seconds=1)):
        assert "Reserve for 2 minutes" not in region(client, name), "three an hour"
        assert "Reserved" not in region(console, "console-presence")
    answer = client.post("/operators/sarah/reserve/", headers={"X-Requested-With": "fetch"})
    assert answer.status_code == 204, "the same reservation again"


def test_a_refusal_is_said_and_a_visitor_sees_nothing_of_it(client: Client, sarah: Operator) -> None:
    Operator.objects.update(presence="offline")
    answer = client.post("/operators/sarah/reserve/", headers={"X-Requested-With": "fetch"})
    assert (answer.status_code, answer.content.decode()) == (409, "Sarah isn’t taking calls right now.")
    visitor: Any = Client(headers={"Host": BRAND_HOST})
    assert visitor.post("/operators/sarah/reserve/").status_code == 302
    assert not Reservation.objects.exists()


def test_what_is_shown_keeps_within_a_push(client: Client, customer: Customer, sarah: Operator) -> None:
    given_credit(customer, "45.00")
    reserved(client)
    html = region(client, f"reserve.{sarah.pk}")
    assert "Call now" in html
    assert len(html.encode()) <= LARGEST
    assert len(region(logged_in(sarah.user, PORTAL_HOST), "console-presence").encode()) <= LARGEST
