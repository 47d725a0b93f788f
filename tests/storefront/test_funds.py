"""The pages of adding funds: what is told before paying, where it leads, and where a payment stands."""

import re
from datetime import timedelta

import pytest
import time_machine
from django.test import Client

from billing.models import Case, MerchantAccount, Payment
from billing.services.check_payment import check_payment
from billing.states import PaymentState
from core import clock
from customers.models import Customer
from tests.scenario import BRAND_HOST, given_customer, given_operator, logged_in
from tests.support.card_processor import ACCOUNT, NAME, Processor, given_paid, given_payment

pytestmark = pytest.mark.django_db


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
def client(customer: Customer) -> Client:
    return logged_in(customer.user, BRAND_HOST)


def test_what_the_statement_will_say_stands_above_the_way_to_pay(client: Client) -> None:
    page = client.get("/funds/").content.decode()
    statement, button = page.index("NYCF*SUPPORT"), page.index("Continue to card payment")
    assert statement < button
    assert "(212) 555-0123" in page


def test_each_amount_says_what_it_buys(client: Client) -> None:
    given_operator(stage_name="Sarah", slug="sarah", rate="3.99", fee="0.99")
    page = client.get("/funds/?operator=sarah").content.decode()
    assert "$25, about 6 minutes with Sarah" in page
    assert "with" not in re.findall(r"\$25[^<]*", client.get("/funds/?operator=nobody").content.decode())[0]


def test_a_click_leads_to_the_card_company_and_back_to_where_one_was(
    client: Client, customer: Customer, processor: Processor
) -> None:
    answer = client.post("/funds/", {"choice": "2500", "next": "/operators/sarah/?call=x"})
    payment = Payment.objects.get()
    assert answer["Location"] == f"https://pay.example/{payment.public_id}"
    assert "form-action 'self' https://pay.example;" in client.get("/funds/")["Content-Security-Policy"] + ";"
    page = client.get(f"/funds/{payment.public_id}/").content.decode()
    assert "Waiting for your card company" in page
    processor.pay(payment)
    check_payment(payment_id=payment.pk)
    page = client.get(f"/funds/{payment.public_id}/").content.decode()
    assert "$25.00 added" in page
    assert "NYCF*SUPPORT" in page
    assert 'href="/operators/sarah/?call=x"' in page


@pytest.mark.parametrize("target", ["https://evil.example/", "//evil.example", "javascript:alert(1)"])
def test_it_leads_to_no_other_site(client: Client, target: str) -> None:
    client.post("/funds/", {"choice": "2500", "next": target})
    assert Payment.objects.get().return_path == "/dashboard/"


@pytest.mark.parametrize(
    ("form", "words"),
    [
        ({"choice": "other", "other": "4.99"}, "The smallest amount is $5.00."),
        ({"choice": "other", "other": ""}, "Enter an amount."),
        ({"choice": "other", "other": "150.01"}, "The largest amount is $150.00."),
        ({"choice": "12345"}, "Choose an amount."),
        ({}, "Choose an amount."),
    ],
)
def test_another_amount_is_told_its_bounds(client: Client, form: dict[str, str], words: str) -> None:
    answer = client.post("/funds/", form)
    assert words in answer.content.decode()
    assert not Payment.objects.exists()


def test_the_other_amount_is_what_is_paid(client: Client) -> None:
    client.post("/funds/", {"choice": "other", "other": "$12.34"})
    assert Payment.objects.get().amount_minor == 1234


@pytest.mark.parametrize(
    ("state", "words"),
    [
        (PaymentState.DECLINED, "Your card was declined"),
        (PaymentState.CANCELED, "Payment canceled"),
        (PaymentState.UNKNOWN, "We’ll check until it does"),
        (PaymentState.PENDING, "Waiting for your card company"),
        (PaymentState.CREATED, "Waiting for your card company"),
        (PaymentState.REFUNDED, "Paid back"),
        (PaymentState.DISPUTED, "In dispute"),
    ],
)
def test_each_state_is_told(client: Client, customer: Customer, state: PaymentState, words: str) -> None:
    payment = given_payment(customer)
    Payment.objects.filter(pk=payment.pk).update(state=state)
    page = client.get(f"/funds/{payment.public_id}/").content.decode()
    assert words in page
    assert ("Try again" in page) is (state in (PaymentState.DECLINED, PaymentState.CANCELED))


def test_a_problem_is_told_in_words(client: Client, customer: Customer, processor: Processor) -> None:
    payment = given_payment(customer)
    processor.pay(payment, currency="CAD")
    check_payment(payment_id=payment.pk)
    assert "We’re checking this payment" in client.get(f"/funds/{payment.public_id}/").content.decode()


def test_the_page_of_an_open_payment_has_the_processor_asked_once_in_a_while(
    client: Client, customer: Customer
) -> None:
    from procrastinate.contrib.django.models import ProcrastinateJob

    payment = given_payment(customer)
    for _ in range(3):
        client.get(f"/funds/{payment.public_id}/")
    assert ProcrastinateJob.objects.filter(task_name="billing.check_payment").count() == 1


def test_somebody_elses_payment_looks_like_none(client: Client, customer: Customer) -> None:
    other = given_payment(given_customer(balance=0, home_brand=customer.home_brand))
    missing = "7ab1a3a5-0d57-4b3e-9c62-3c8e1a0c3d55"
    answers = [client.get(f"/funds/{number}/") for number in (other.public_id, missing)]
    assert [answer.status_code for answer in answers] == [404, 404]
    state = client.get(f"/live/?region=payment.{other.pk}").content.decode()
    assert "NYCF" not in state


def test_the_live_state_of_ones_own_payment(client: Client, customer: Customer, processor: Processor) -> None:
    payment = given_paid(processor, customer)
    assert "$25.00 added" in client.get(f"/live/?region=payment.{payment.pk}").content.decode()


def test_a_saved_card_is_one_click(client: Client, customer: Customer, processor: Processor) -> None:
    given_paid(processor, customer)
    assert "Pay with Visa •••• 4242" in client.get("/funds/").content.decode()
    answer = client.post("/funds/", {"choice": "1000", "saved": "1"})
    payment = Payment.objects.latest("id")
    assert (answer["Location"], payment.state) == (f"/funds/{payment.public_id}/", PaymentState.UNKNOWN)
    page = client.post("/funds/", {"choice": "1000", "saved": "1"}).content.decode()
    assert "hasn’t answered" in page
    assert Payment.objects.count() == 2


def test_what_is_in_the_way_is_told_instead(client: Client, customer: Customer, processor: Processor) -> None:
    for minor in (1000, 1100, 1200):
        payment = given_payment(customer, minor)
        processor.decline(payment)
        check_payment(payment_id=payment.pk)
    page = client.get("/funds/").content.decode()
    assert "you can pay by card again" in page
    assert "Continue to card payment" not in page
    with time_machine.travel(clock.now() + timedelta(hours=25)):
        page = logged_in(customer.user, BRAND_HOST).get("/funds/").content.decode()
    assert "Continue to card payment" in page


def test_without_a_verified_phone_the_way_leads_there_first(client: Client, customer: Customer) -> None:
    customer.phones.update(verified_at=None)
    page = client.get("/funds/?next=/messages/").content.decode()
    assert "Verify your phone first" in page
    assert "/account/phones/?next=/funds/%3Fnext%3D/messages/" in page


def test_a_site_without_cards_leads_to_staff(client: Client) -> None:
    MerchantAccount.objects.update(is_active=False)
    page = client.get("/funds/").content.decode()
    assert "take cards yet" in page
    assert client.post("/funds/", {"choice": "2500"}).status_code == 200
    assert not Payment.objects.exists()


# -- money back


def test_unused_money_goes_back_in_two_clicks(
    client: Client, customer: Customer, processor: Processor
) -> None:
    given_paid(processor, customer)
    assert "Get unused money back" in client.get("/funds/").content.decode()
    page = client.get("/funds/back/").content.decode()
    assert "$25.00" in page
    assert client.post("/funds/back/", {"amount": "2500"}).status_code == 302
    again = client.post("/funds/back/", {"amount": "2500"})
    assert (again.status_code, "nothing to pay back" in again.content.decode()) == (409, True)


@pytest.mark.parametrize("amount", ["", "x", "2499", "-2500", "٢٥٠٠", "9" * 30])
def test_another_amount_than_was_shown_sends_nothing(
    client: Client, customer: Customer, processor: Processor, amount: str
) -> None:
    given_paid(processor, customer)
    answer = client.post("/funds/back/", {"amount": amount})
    assert (answer.status_code, "has changed" in answer.content.decode()) == (409, True)


def test_back_is_the_page_one_came_from(client: Client) -> None:
    page = client.get("/funds/", headers={"Referer": f"http://{BRAND_HOST}/messages/sarah/"}).content.decode()
    assert 'name="next" value="/messages/sarah/"' in page
    page = client.get("/funds/", headers={"Referer": f"http://{BRAND_HOST}/funds/request/"}).content.decode()
    assert 'name="next" value="/dashboard/"' in page


def test_the_help_page_says_what_the_statement_says(client: Client) -> None:
    assert "NYCF*SUPPORT" in client.get("/help/funds/").content.decode()
    MerchantAccount.objects.update(is_active=False)
    page = client.get("/help/funds/").content.decode()
    assert "statement" not in page
    assert "Tell us how much" in page


def test_the_page_of_a_payment_leads_to_the_case_about_it(processor: Processor) -> None:
    customer = given_customer(balance=0)
    payment = given_paid(processor, customer)
    client = logged_in(customer.user, BRAND_HOST)
    assert "Your case" not in client.get(f"/funds/{payment.public_id}/").content.decode()
    processor.add(payment, charged_back_minor=1000)
    check_payment(payment_id=payment.pk)
    case = Case.objects.get(customer=customer)
    page = client.get(f"/funds/{payment.public_id}/").content.decode()
    assert f'<a href="/cases/{case.number}/">Your case {case.number} about this payment</a>' in page
