"""Customers tell us about a problem on a receipt, see where it stands, and appeal; anybody complains without an account."""

import pytest
from django.core.cache import cache
from django.test import Client
from pytest_django.fixtures import Settings

from billing.ledger.models import Transaction
from billing.models import Case
from billing.receipt_numbers import ReceiptOf, receipt_number
from billing.services.answer_case import answer_case
from customers.models import Customer
from telephony.models import Call
from tests.billing.test_cases import ANSWER, given_call, given_case
from tests.factories import BrandFactory, StaffFactory
from tests.messaging.scenario import text
from tests.scenario import BRAND_HOST, customer_client, given_customer, given_operator
from tests.support.card_processor import Processor, given_paid
from web.page_limits import FORMS_PER_HOUR

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def site() -> None:
    BrandFactory()


@pytest.fixture
def customer() -> Customer:
    return given_customer(balance="45.00")


@pytest.fixture
def browser(customer: Customer) -> Client:
    return customer_client(customer)


def number_of(call: Call) -> str:
    return receipt_number(ReceiptOf.CALL, call.pk)


def credit_of(customer: Customer) -> str:
    return receipt_number(ReceiptOf.FUNDS, Transaction.objects.filter(customer=customer).earliest("pk").pk)


def visitor() -> Client:
    return Client(headers={"Host": BRAND_HOST})


def test_a_problem_with_a_call_is_told_from_its_receipt(browser: Client, customer: Customer) -> None:
    call = given_call(customer)
    address = f"/cases/new/{number_of(call)}/"
    assert f'href="{address}"' in browser.get(f"/calls/{call.call_id}/").content.decode()
    form = browser.get(address).content.decode()
    for words in (
        "Poor sound",
        "We were cut off",
        "Not who I expected",
        "I was charged wrong",
        "Something else",
    ):
        assert words in form
    answer = browser.post(address, {"problem": "cut_off", "words": "After two minutes"}, follow=True)
    case = Case.objects.get()
    page = answer.content.decode()
    assert answer.redirect_chain == [(f"/cases/{case.number}/", 302)]
    assert f"your case is {case.number}" in page
    assert "After two minutes" in page
    assert (case.problem, case.reference) == ("cut_off", call.call_id)
    listed = browser.get("/cases/").content.decode()
    assert case.number in listed
    assert "We answer by" in listed
    assert "already told us about this" in browser.post(address, {"problem": "cut_off"}).content.decode()
    assert Case.objects.count() == 1


def test_a_charge_that_nobody_recognizes_is_told_from_its_receipt(
    browser: Client, customer: Customer
) -> None:
    text(customer, given_operator())
    sale = Transaction.objects.get(kind="message")
    number = receipt_number(ReceiptOf.FUNDS, sale.pk)
    assert "I don’t recognize this charge" in browser.get(f"/activity/{number}/").content.decode()
    assert "recognize" not in browser.get(f"/activity/{credit_of(customer)}/").content.decode(), (
        "nothing was taken"
    )
    browser.post(f"/cases/new/{number}/", {"problem": "unknown_charge", "words": ""})
    case = Case.objects.get()
    assert (case.kind, case.problem, case.receipt) == ("text", "unknown_charge", number)
    assert browser.get(f"/activity/{case.number}/")["Location"] == f"/cases/{case.number}/"
    assert 'href="/cases/"' in browser.get("/activity/").content.decode()


def test_funds_that_a_card_paid_for_can_be_unknown(
    browser: Client, processor: Processor, customer: Customer
) -> None:
    given_paid(processor, customer)
    number = receipt_number(ReceiptOf.FUNDS, Transaction.objects.get(kind="top_up").pk)
    assert f'href="/cases/new/{number}/"' in browser.get(f"/activity/{number}/").content.decode()
    browser.post(f"/cases/new/{number}/", {"problem": "unknown_charge", "words": "Not me"})
    case = Case.objects.get()
    assert (case.kind, case.receipt) == ("charge", number)
    assert [line["kind"] for line in case.evidence["bill"]] == ["top_up"]


def test_the_number_of_a_calls_charge_leads_to_the_call(browser: Client, customer: Customer) -> None:
    call = given_call(customer)
    charge = Transaction.objects.get(reference=call.call_id, kind="call")
    browser.post(f"/cases/new/{receipt_number(ReceiptOf.FUNDS, charge.pk)}/", {"problem": "poor_sound"})
    case = Case.objects.get()
    assert (case.kind, case.receipt) == ("call", number_of(call))


def test_somebody_elses_receipts_and_cases_are_not_found(browser: Client, customer: Customer) -> None:
    other = given_customer()
    call = given_call(other)
    case = given_case(other, call)
    for number in (number_of(call), credit_of(other), "C-0001-00", "x", case.number):
        assert browser.get(f"/cases/new/{number}/").status_code == 404
        assert browser.post(f"/cases/new/{number}/", {"problem": "other", "words": "x"}).status_code == 404
    assert browser.get(f"/cases/{case.number}/").status_code == 404
    assert browser.post(f"/cases/{case.number}/appeal/", {"words": "x"}).status_code == 404
    assert Case.objects.count() == 1


def test_a_hidden_call_keeps_its_name_hidden(browser: Client, customer: Customer) -> None:
    call = given_call(customer)
    Call.objects.update(is_hidden=True)
    assert call.operator.stage_name not in browser.get(f"/cases/new/{number_of(call)}/").content.decode()


def test_our_answer_is_on_the_page_and_is_appealed_there(browser: Client, customer: Customer) -> None:
    case = given_case(customer)
    address = f"/cases/{case.number}/"
    assert "Appeal it by" not in browser.get(address).content.decode()
    answer_case(case_id=case.pk, **ANSWER, actor=StaffFactory())
    page = browser.get(address).content.decode()
    assert "We refunded it." in page
    assert "Appeal it by" in page
    assert "the line was bad" not in page
    assert "isn’t" in browser.post(f"{address}appeal/", {"words": ""}).content.decode()
    browser.post(f"{address}appeal/", {"words": "I see no refund"})
    case.refresh_from_db()
    assert (case.state, case.appeal) == ("appealed", "I see no refund")
    page = browser.get(address).content.decode()
    assert "We decide by" in page
    assert "Appeal it by" not in page


def test_anybody_complains_and_sees_the_number() -> None:
    browser = visitor()
    assert 'href="/complaints/"' in browser.get("/help/").content.decode()
    assert "within 7" in browser.get("/complaints/").content.decode()
    assert "email" in browser.post("/complaints/", {"email": "x", "words": "Loud"}).content.decode()
    answer = browser.post("/complaints/", {"email": "carl@example.test", "words": "Too loud"}, follow=True)
    case = Case.objects.get()
    assert case.number in answer.content.decode()
    assert "no-store" in answer["Cache-Control"]
    link = answer.redirect_chain[0][0]
    assert visitor().get(link[:-3] + "xx/").status_code == 404
    answer_case(case_id=case.pk, **ANSWER, actor=StaffFactory())
    assert visitor().post(f"{link}appeal/", {"words": "Still loud"}, follow=True).status_code == 200
    case.refresh_from_db()
    assert case.state == "appealed"


def test_an_address_sends_a_few_complaints_in_an_hour(settings: Settings) -> None:
    cache.clear()
    settings.THROTTLES_ON = True
    statuses = [
        visitor().post("/complaints/", {"email": f"c{n}@example.test", "words": "Loud"}).status_code
        for n in range(FORMS_PER_HOUR + 1)
    ]
    assert statuses == [*[302] * FORMS_PER_HOUR, 429]
    assert visitor().get("/complaints/").status_code == 200
