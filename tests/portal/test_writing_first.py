"""Where an operator writes first in the portal, what the page says when it can't be, and how a customer ends it."""

from datetime import timedelta

import pytest
from django.test import Client

from core import clock
from customers.models import Customer
from messaging.models import Conversation, Message
from operators.models import Interaction, Operator
from tests.factories import BrandFactory
from tests.messaging.scenario import answer, between, text
from tests.portal.test_notes import region
from tests.scenario import BRAND_HOST, given_customer, given_operator, logged_in, when_called, when_talked
from tests.support.html import compact
from tests.support.phone_system import PhoneSystem

pytestmark = pytest.mark.django_db
PORTAL = "portal.localhost"


@pytest.fixture
def operator() -> Operator:
    return given_operator(stage_name="Sarah")


@pytest.fixture
def customer(phone_system: PhoneSystem, operator: Operator) -> Customer:
    customer = given_customer(alias="Amber Heron 482")
    when_talked(when_called(customer, operator), 61_000)
    return customer


@pytest.fixture
def page(operator: Operator) -> Client:
    return logged_in(operator.user, PORTAL)


def address(customer: Customer) -> str:
    return f"/customers/{Interaction.objects.get(customer=customer).pk}/write/"


def test_every_way_to_a_customer_leads_to_the_field(page: Client, customer: Customer) -> None:
    to = address(customer)
    for where in ("/customers/", to.removesuffix("write/")):
        assert f'href="{to}"' in page.get(where).content.decode()
    assert f'href="{to}"' in region(page, "console-after")
    shown = compact(page.get(to))
    assert "Write to Amber Heron 482" in shown
    assert 'name="message_text"' in shown
    assert not Conversation.objects.exists(), "looking begins nothing"


def test_the_first_message_begins_the_conversation_and_the_address_leads_there(
    page: Client, customer: Customer, operator: Operator
) -> None:
    answer = page.post(address(customer), {"message_text": "How was your week?", "key": "one"})
    conversation = between(customer, operator)
    assert answer.headers["Location"] == f"/messages/{conversation.pk}/#write"
    page.post(address(customer), {"message_text": "How was your week?", "key": "one"})
    assert Message.objects.count() == 1, "a second click is the same message"
    assert page.get(address(customer)).headers["Location"] == f"/messages/{conversation.pk}/"


def test_the_page_says_why_it_can_t_be(page: Client, customer: Customer, operator: Operator) -> None:
    after = clock.now() + timedelta(minutes=5)  # the call has ended by then
    with clock.using(lambda: after):
        for words in ("One", "Two", "Three"):
            page.post(address(customer), {"message_text": words})
        refused = page.post(address(customer), {"message_text": "Four"})
    assert refused.status_code == 429
    assert "You’ve sent 3 messages in a row. Wait until Amber Heron 482 writes or calls." in compact(refused)
    conversation = between(customer, operator)
    for where in (f"/messages/{conversation.pk}/", address(customer).removesuffix("write/")):
        shown = compact(page.get(where))
        assert "You’ve sent 3 messages in a row." in shown
        assert 'name="message_text"' not in shown
    assert Message.objects.count() == 3


def test_another_operators_customer_is_not_found(customer: Customer) -> None:
    other = logged_in(given_operator().user, PORTAL)
    assert other.get(address(customer)).status_code == 404
    assert other.post(address(customer), {"message_text": "Hi"}).status_code == 404


def test_the_customer_ends_it_with_one_tap_and_undoes_it(
    page: Client, customer: Customer, operator: Operator
) -> None:
    page.post(address(customer), {"message_text": "How was your week?"})
    own = logged_in(customer.user, BRAND_HOST)
    thread = f"/messages/{operator.slug}/"
    assert "Don’t let Sarah write first" in compact(own.get(thread))
    assert "Sarah can’t write to you first anymore." in compact(own.post(f"{thread}first/", follow=True))
    shown = compact(own.get(thread))
    assert "Don’t let Sarah write first" not in shown
    assert "Let Sarah write first" in shown
    assert "doesn’t want you to write first" in compact(page.get(address(customer), follow=True))
    own.post(f"{thread}first/", {"allow": "1"})
    assert between(customer, operator).customer_takes_first


def test_an_answer_has_no_such_button(customer: Customer, operator: Operator) -> None:
    text(customer, operator, brand=BrandFactory())
    answer(operator, customer)
    own = logged_in(customer.user, BRAND_HOST)
    assert "write first" not in compact(own.get(f"/messages/{operator.slug}/"))


def test_a_stranger_has_no_conversation_to_end(operator: Operator) -> None:
    own = logged_in(given_customer().user, BRAND_HOST)
    assert own.post(f"/messages/{operator.slug}/first/").status_code == 404


def test_the_account_has_a_switch_for_all_operators(customer: Customer) -> None:
    own = logged_in(customer.user, BRAND_HOST)
    shown = compact(own.get("/account/notifications/"))
    assert "Operators may write to me first" in shown
    assert 'name="takes_first_texts" id="id_takes_first_texts" checked' in shown
    own.post("/account/notifications/", {"mail_messages": "on"})
    assert "id_takes_first_texts" in compact(own.get("/account/notifications/"))
    assert 'id="id_takes_first_texts" checked' not in compact(own.get("/account/notifications/"))
