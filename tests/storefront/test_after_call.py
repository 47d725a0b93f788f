"""Where a call ends: stars, a message, a tip, and another call by way of its price, or the funds that it takes."""

import re
from html import unescape
from typing import Any

import pytest
from django.test import Client

from customers.models import Customer
from operators.models import Operator, Rating
from telephony.models import Call
from tests.scenario import customer_client, given_customer, given_operator, tell, when_called, when_talked
from tests.support.phone_system import PhoneSystem

pytestmark = pytest.mark.django_db(transaction=True)
BY_SCRIPT = {"X-Requested-With": "fetch"}


@pytest.fixture
def sarah() -> Operator:
    return given_operator(slug="sarah", stage_name="Sarah")


def talked(customer: Customer, operator: Operator) -> Call:
    call = when_called(customer, operator)
    when_talked(call, 61_000)
    return call


def state(client: Client, call: Call) -> dict[str, Any]:
    """What the page is told when it asks how the region stands."""
    answer = client.get("/live/", {"region": f"call-after.{call.operator_id}", "call": call.call_id})
    update: dict[str, Any] = answer.json()["updates"][0]
    return update


def words(html: str) -> str:
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", html)).split())


def test_a_call_is_rated_by_one_tap_where_it_ended(phone_system: PhoneSystem, sarah: Operator) -> None:
    customer = given_customer()
    call, client = talked(customer, sarah), customer_client(customer)
    page = client.get(f"/operators/sarah/?call={call.call_id}").content.decode()
    html = page[page.index('class="call-after"') :]
    assert "How was your call?" in html
    assert f'name="reference" value="{call.call_id}"' in html
    form = {"reference": call.call_id, "stars": "4", "next": "/operators/sarah/"}
    assert client.post("/ratings/", form, headers=BY_SCRIPT).status_code == 204
    assert Rating.objects.get().stars == 4
    assert "You rated this call 4 of 5. Thank you." in words(state(client, call)["html"])
    again = client.post("/ratings/", form, headers=BY_SCRIPT)
    assert (again.status_code, Rating.objects.count()) == (409, 1)


def test_another_call_goes_by_its_price_and_a_tip_and_a_message_are_offered(
    phone_system: PhoneSystem, sarah: Operator
) -> None:
    customer = given_customer(balance="45.00")
    html = state(customer_client(customer), talked(customer, sarah))["html"]
    assert 'href="/operators/sarah/call/" data-sheet' in html
    assert 'href="/messages/sarah/"' in html
    assert "/tip/" in html
    assert "Add funds" not in html
    assert len(html.encode()) <= 2048


def test_who_cannot_pay_for_another_minute_is_offered_funds_and_told_what_is_missing(
    phone_system: PhoneSystem, sarah: Operator
) -> None:
    customer = given_customer(balance="12.00")  # two minutes with the fee: 8.97
    told = words(state(customer_client(customer), talked(customer, sarah))["html"])
    assert "Another call starts at $4.98. You have $3.03." in told
    assert "Add funds" in told
    assert "Call again" not in told


def test_a_call_that_came_to_nothing_is_not_rated_but_tried_again(
    phone_system: PhoneSystem, sarah: Operator
) -> None:
    customer = given_customer()
    call = when_called(customer, sarah)
    tell(call, "no_answer", at=20, why="operator_no_answer", ended_by="operator")
    told = words(state(customer_client(customer), call)["html"])
    assert "Try again" in told
    assert "How was your call?" not in told


def test_before_a_call_and_for_a_visitor_there_is_nothing(phone_system: PhoneSystem, sarah: Operator) -> None:
    update = (
        customer_client(given_customer())
        .get("/live/", {"region": f"call-after.{sarah.pk}"})
        .json()["updates"]
    )[0]
    assert words(update["html"]) == ""
    visitor = Client(headers={"Host": "flirts.localhost"})
    visitor.post("/enter/", {"next": "/"})
    assert "call-after" not in visitor.get("/operators/sarah/").content.decode()
    assert visitor.get("/live/", {"region": f"call-after.{sarah.pk}"}).json()["updates"] == []
