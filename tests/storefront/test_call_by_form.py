"""Calling and hanging up by form post, as a browser without JavaScript does."""

import pytest
from django.test import Client

from operators.states import Presence
from telephony.models import Call
from telephony.states import CallStatus
from tests.scenario import (
    BRAND_HOST,
    assert_no_call_was_made,
    customer_client,
    given_customer,
    given_operator,
    when_called,
)
from tests.support.phone_system import PhoneSystem

pytestmark = pytest.mark.django_db(transaction=True)


def test_calling_rings_the_phone_and_comes_back_to_the_page(phone_system: PhoneSystem) -> None:
    client = customer_client(given_customer())
    given_operator(slug="sarah")
    response = client.post("/operators/sarah/call/", {"key": "form_1"})
    call = Call.objects.get()
    assert response.headers["Location"] == f"/operators/sarah/?call={call.call_id}"
    assert phone_system.plans.keys() == {call.call_id}
    assert 'data-state="connecting"' in client.get(response.headers["Location"]).content.decode()


def test_the_same_form_sent_twice_is_one_call(phone_system: PhoneSystem) -> None:
    client = customer_client(given_customer())
    given_operator(slug="sarah")
    first, second = (client.post("/operators/sarah/call/", {"key": "form_1"}) for _ in range(2))
    assert first.headers["Location"] == second.headers["Location"]
    assert Call.objects.count() == 1


@pytest.mark.parametrize(
    ("balance", "presence", "words"),
    [
        ("0.00", Presence.ONLINE, "Your balance is too low for this call."),
        ("45.00", Presence.OFFLINE, "taking calls right now."),
    ],
)
def test_a_refused_call_says_why_on_the_operators_page(
    phone_system: PhoneSystem, balance: str, presence: Presence, words: str
) -> None:
    client = customer_client(given_customer(balance=balance))
    given_operator(slug="sarah", presence=presence)
    page = client.post("/operators/sarah/call/", follow=True)
    assert words in page.content.decode()
    assert_no_call_was_made()


def test_hanging_up_asks_the_phone_system_and_comes_back(phone_system: PhoneSystem) -> None:
    customer, operator = given_customer(), given_operator(slug="sarah")
    call = when_called(customer, operator)
    phone_system.says(call.call_id)
    response = customer_client(customer).post(f"/calls/{call.call_id}/hangup/")
    assert response.headers["Location"] == f"/operators/sarah/?call={call.call_id}"
    assert len(phone_system.asked_for("/hangup")) == 1


def test_nobody_hangs_up_somebody_elses_call(phone_system: PhoneSystem) -> None:
    call = when_called(given_customer(), given_operator())
    response = customer_client(given_customer()).post(f"/calls/{call.call_id}/hangup/")
    assert response.status_code == 404
    assert phone_system.requests == []


def test_when_the_phone_system_is_away_nothing_is_held(no_phone_system: None) -> None:
    client = customer_client(given_customer())
    given_operator(slug="sarah")
    page = client.post("/operators/sarah/call/", follow=True)
    assert "t charged" in page.content.decode()
    assert Call.objects.get().status == CallStatus.FAILED


def test_a_link_cannot_hang_up() -> None:
    assert customer_client(given_customer()).get("/calls/call_1_abcdef/hangup/").status_code == 405


def test_a_foreign_form_cannot_call() -> None:
    customer = given_customer()
    given_operator(slug="sarah")
    client = Client(enforce_csrf_checks=True, headers={"Host": BRAND_HOST})
    client.force_login(customer.user)
    response = client.post("/operators/sarah/call/")
    assert response.status_code == 403
    assert "Please try again" in response.content.decode()
    assert_no_call_was_made()
