"""Free first minutes on the pages: who reads of them, what the button agrees to, and the operator's switch."""

import pytest
from django.test import Client
from rest_framework.test import APIClient

from customers.models import Customer
from operators.models import Operator
from telephony.models import Call
from tests.scenario import BRAND_HOST, given_customer, given_operator, logged_in, when_called, when_talked
from tests.support.html import compact
from tests.web.test_live_regions import assert_page_and_state_agree

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("phone_system")]
PORTAL = "portal.localhost"


@pytest.fixture
def operator() -> Operator:
    return given_operator(stage_name="Sarah", slug="sarah", first_minutes=3, free_minutes_per_month=5)


@pytest.fixture
def customer() -> Customer:
    return given_customer()


@pytest.fixture
def page(customer: Customer) -> Client:
    return logged_in(customer.user, BRAND_HOST)


def test_a_new_caller_reads_it_on_card_page_and_sheet_and_agrees_to_it(
    page: Client, operator: Operator
) -> None:
    for address in ("/operators/", "/operators/sarah/", "/operators/sarah/call/?sheet"):
        assert "First 3 minutes free" in compact(page.get(address)), address
    assert 'name="first" value="3"' in compact(page.get("/operators/sarah/call/"))
    assert_page_and_state_agree(page, "/operators/sarah/")


def test_who_talked_with_her_does_not(page: Client, customer: Customer, operator: Operator) -> None:
    when_talked(when_called(customer, operator), 10_000)
    for address in ("/operators/", "/operators/sarah/"):
        assert "minutes free" not in compact(page.get(address)), address


@pytest.mark.django_db(transaction=True)
def test_what_is_gone_is_said_and_no_phone_rings(page: Client, operator: Operator) -> None:
    when_talked(when_called(given_customer(), operator), 10_000)
    answer = page.post("/operators/sarah/call/", {"key": "one", "first": "3"}, follow=True)
    shown = compact(answer)
    assert "Sarah’s free first minutes are used up" in shown
    assert 'name="first"' not in shown
    assert Call.objects.count() == 1
    page.post("/operators/sarah/call/", {"key": "two"})
    assert Call.objects.count() == 2


def test_the_api_tells_of_them_and_takes_what_was_told(customer: Customer, operator: Operator) -> None:
    api = APIClient(headers={"Host": BRAND_HOST})
    api.force_login(customer.user)
    told = api.get("/api/balance/check/", {"operator_id": operator.pk}).json()
    assert (told["free_minutes"], told["first_minutes"]) == (3, 3)
    when_talked(when_called(given_customer(), operator), 10_000)
    body = {"operator_id": operator.pk, "expected_first_minutes": 3}
    refused = api.post("/api/calls/initiate/", body, format="json")
    assert (refused.status_code, refused.json()["code"]) == (409, "first_minutes_gone")


def test_the_operator_chooses_and_reads_what_is_left(operator: Operator) -> None:
    own = logged_in(operator.user, PORTAL)
    own.post("/settings/first-minutes/", {"minutes": "10"})
    operator.refresh_from_db()
    assert operator.first_minutes == 10
    shown = compact(own.get("/settings/prices/"))
    assert "5 of 5 free minutes left this month." in shown
    assert "That’s not enough for one more caller" in shown
    for wrong in ("11", "-1", "many", ""):
        own.post("/settings/first-minutes/", {"minutes": wrong})
        operator.refresh_from_db()
        assert operator.first_minutes == 10
    own.post("/settings/first-minutes/", {"minutes": "0"})
    operator.refresh_from_db()
    assert operator.first_minutes == 0
