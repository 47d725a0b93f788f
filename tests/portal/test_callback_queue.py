"""Requests for callbacks on the operators' pages: first on the console, counted in the header, and told on every other page."""

import re
from datetime import timedelta

import pytest
from django.test import Client

from core import clock
from customers.models import Customer
from operators.models import Operator
from telephony.callbacks import QUEUE_SHOWN
from telephony.models import CallbackRequest
from telephony.services.offer_callback import offer_callback
from telephony.services.request_callback import request_callback
from tests.factories import BrandFactory
from tests.portal.test_notes import region
from tests.scenario import given_customer, given_operator, logged_in, when_called
from tests.support.phone_system import PhoneSystem
from tests.telephony.test_sockets import console, in_thread
from tests.web.test_live_regions import assert_page_and_state_agree

PORTAL = "portal.localhost"


@pytest.fixture
def operator(db: None) -> Operator:
    return given_operator()


@pytest.fixture
def page(operator: Operator) -> Client:
    return logged_in(operator.user, PORTAL)


def count(shown: str) -> str:
    found = re.search(r'data-slot="callbacks">([^<]*)<', shown)
    assert found is not None
    return found[1]


def ask(customer: Customer, operator: Operator) -> CallbackRequest:
    return request_callback(customer=customer, operator_id=operator.pk, brand=BrandFactory())


def test_the_queue_comes_before_the_call_and_the_conversations_longest_waiting_first(
    page: Client, operator: Operator
) -> None:
    at = clock.now()
    with clock.using(lambda: at - timedelta(minutes=20)):
        ask(given_customer(alias="Amber Heron 482"), operator)
    with clock.using(lambda: at):
        ask(given_customer(alias="Blue Finch 11"), operator)
        shown = page.get("/").content.decode()
    order = ["Amber Heron 482", "40:00", "Blue Finch 11", "1:00:00", "console-call-title", "console-inbox"]
    places = [shown.index(words) for words in order]
    assert places == sorted(places)
    assert 'data-region="callback-bar"' not in shown, "the console has the queue itself"
    assert_page_and_state_agree(page, "/")


@pytest.mark.parametrize("address", ["/dashboard/", "/settings/", "/messages/", "/customers/"])
def test_every_other_page_says_who_asks_and_can_call_back(
    page: Client, operator: Operator, address: str
) -> None:
    assert 'data-newest-callback="0"' in page.get(address).content.decode()
    request = ask(given_customer(alias="Amber Heron 482"), operator)
    ask(given_customer(), operator)
    shown = page.get(address).content.decode()
    assert "Amber Heron 482</strong> asks for a callback" in shown
    assert f"/callbacks/{request.pk}/call/" in shown
    assert "See all 2" in shown
    assert_page_and_state_agree(page, address)


def test_the_header_counts_who_waits_and_not_who_was_offered(page: Client, operator: Operator) -> None:
    assert count(page.get("/dashboard/").content.decode()) == ""
    first = ask(given_customer(), operator)
    ask(given_customer(), operator)
    for address in ("/", "/dashboard/"):
        assert count(page.get(address).content.decode()) == "2"
    offer_callback(operator=operator, request_id=first.pk)
    assert count(page.get("/dashboard/").content.decode()) == "1"
    assert "Offered, " in region(page, "console-callbacks")


def test_more_than_are_shown_are_counted_as_more(page: Client, operator: Operator) -> None:
    for _ in range(QUEUE_SHOWN + 1):
        ask(given_customer(), operator)
    shown = page.get("/").content.decode()
    assert count(shown) == f"{QUEUE_SHOWN}+"
    assert "More people are waiting behind them." in shown


def test_a_callback_from_another_page_leads_to_the_console(page: Client, operator: Operator) -> None:
    request = ask(given_customer(), operator)
    answer = page.post(f"/callbacks/{request.pk}/call/", follow=True)
    assert answer.redirect_chain == [("/", 302)]
    assert "Offered for two minutes." in answer.content.decode()


def test_in_a_call_the_queue_is_there_and_the_call_comes_first_on_the_screen(
    page: Client, operator: Operator
) -> None:
    ask(given_customer(alias="Amber Heron 482"), operator)
    when_called(given_customer(), operator)
    assert "Amber Heron 482" in page.get("/").content.decode()


@pytest.mark.django_db(transaction=True)
async def test_a_page_that_is_open_hears_of_a_request(channel_layer: None, phone_system: PhoneSystem) -> None:
    operator, customer = await in_thread(given_operator)(), await in_thread(given_customer)()
    socket = await console(operator, "callback-bar")
    await socket.opens()
    await in_thread(ask)(customer, operator)
    while (await socket.hears()).get("region") != "callback-bar":
        pass
    assert "html" not in socket.heard[-1], "the page fetches it"
    await socket.closes()
