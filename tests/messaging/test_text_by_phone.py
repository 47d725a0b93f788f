"""Texts by SMS, from the page: each side gets a number of ours, and staff see how they travel."""

import pytest
from django.test import Client

from customers.models import Customer
from messaging.models import Message, SmsRoute
from messaging.selectors import wants_sms
from messaging.states import MessageType, SmsMode
from operators.models import Operator
from phones.services.store_number import store_number
from tests.factories import StaffFactory
from tests.messaging.conftest import Phones, run_jobs
from tests.messaging.fake_twilio import FakeTwilio
from tests.messaging.scenario import OURS, OURS_TOO, answer, between, give_phone, set_rules, text, with_sms
from tests.scenario import given_customer, given_operator, logged_in

pytestmark = pytest.mark.django_db
PHONE, HERS = "+12125550142", "+12125550143"
SHOWN, SHOWN_TOO = "(212) 555-0150", "(212) 555-0151"
OFFER = "Text by SMS"


@pytest.fixture
def customer() -> Customer:
    customer = given_customer(phone=False)
    give_phone(customer, PHONE)
    return customer


@pytest.fixture
def operator() -> Operator:
    return given_operator(phone=HERS)


def page(client: Client, path: str) -> str:
    return client.get(path, follow=True).content.decode()


@pytest.mark.parametrize("mode", [SmsMode.OFF, SmsMode.ALERTS])
def test_a_brand_without_texts_by_sms_offers_none(
    customer: Customer, operator: Operator, mode: SmsMode
) -> None:
    with_sms(mode)
    client, path = logged_in(customer.user, "flirts.localhost"), f"/messages/{operator.slug}/"
    assert OFFER not in page(client, path)
    client.post(f"{path}sms/")
    assert not SmsRoute.objects.exists()
    assert not wants_sms(store_number(PHONE))


def test_a_customer_gets_a_number_and_texts_it(
    customer: Customer, operator: Operator, phones: Phones
) -> None:
    with_sms()
    client, path = logged_in(customer.user, "flirts.localhost"), f"/messages/{operator.slug}/"
    offer = page(client, path)
    assert OFFER in offer
    assert "Each text you send costs $0.50" in offer
    assert SHOWN not in offer
    for _ in range(2):
        client.post(f"{path}sms/")
    assert SHOWN in page(client, path)
    assert wants_sms(store_number(PHONE))
    assert not Message.objects.exists()

    assert phones.says(PHONE, OURS, "From my phone") == ""
    message = Message.objects.get()
    assert (message.message_type, message.charged_minor) == (MessageType.SMS, 50)
    shown = page(client, path)
    assert "From my phone" in shown
    assert "<span>SMS</span>" in shown

    phones.says(PHONE, OURS, "STOP")
    assert SHOWN not in page(client, path)


def test_who_has_no_verified_phone_is_led_to_one(operator: Operator) -> None:
    with_sms()
    client = logged_in(given_customer(phone=False).user, "flirts.localhost")
    path = f"/messages/{operator.slug}/"
    assert "Verify a phone first." in page(client, path)
    client.post(f"{path}sms/")
    assert not SmsRoute.objects.exists()


def test_a_phone_with_every_number_taken_is_told(customer: Customer, operator: Operator) -> None:
    with_sms()
    client = logged_in(customer.user, "flirts.localhost")
    for other in (given_operator(), given_operator(), operator):
        said = client.post(f"/messages/{other.slug}/sms/", follow=True).content.decode()
    assert "All our numbers are in use on your phone." in said
    assert SmsRoute.objects.count() == 2


def test_an_operator_gets_a_number_and_replies_from_a_phone(
    customer: Customer, operator: Operator, phones: Phones
) -> None:
    with_sms()
    text(customer, operator, message_type=MessageType.SMS)
    conversation = between(customer, operator)
    client, path = logged_in(operator.user, "portal.localhost"), f"/messages/{conversation.pk}/"
    assert "your replies are free" in page(client, path)
    client.post(f"{path}sms/")
    assert SHOWN in page(client, path)
    assert phones.says(HERS, OURS, "From the kitchen") == ""
    assert "From the kitchen" in page(client, path)
    other = logged_in(given_operator().user, "portal.localhost")
    assert other.post(f"{path}sms/").status_code == 404
    assert customer.user.email not in page(client, path)
    assert PHONE not in page(client, path)


def test_staff_see_which_texts_went_by_sms_and_how_far(
    customer: Customer, operator: Operator, twilio: FakeTwilio
) -> None:
    with_sms()
    logged_in(customer.user, "flirts.localhost").post(f"/messages/{operator.slug}/sms/")
    text(customer, operator, message_type=MessageType.SMS)
    answer(operator, customer)
    run_jobs()
    staff = logged_in(StaffFactory(), "admin.localhost")
    table = page(staff, f"/backoffice/customers/{customer.pk}/")
    assert "<td>SMS</td>" in table
    path = f"/backoffice/conversations/{between(customer, operator).pk}/"
    read = staff.post(path, {"reason": "A report"}).content.decode()
    assert f"the customer’s phone (ends in {PHONE[-2:]}) texts {SHOWN}." in read
    assert "accepted by the carrier" in read
    assert PHONE not in read


def test_another_operator_of_the_same_phone_gets_another_number(
    customer: Customer, operator: Operator
) -> None:
    with_sms()
    set_rules(sms_mode=SmsMode.FULL)
    client, second = logged_in(customer.user, "flirts.localhost"), given_operator()
    for other in (operator, second):
        client.post(f"/messages/{other.slug}/sms/")
    assert SHOWN_TOO in page(client, f"/messages/{second.slug}/")
    assert OURS_TOO not in page(client, f"/messages/{operator.slug}/")
