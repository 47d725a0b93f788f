"""Tipping by form: the amounts, what it comes to, one tip a click, and where it is seen: receipt, panel, console, statement."""

import re
from datetime import timedelta
from html import unescape
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from billing.ledger.models import Transaction
from billing.models import Authorization
from billing.receipt_numbers import ReceiptOf, receipt_number
from billing.services.refund import refund_reference
from core import clock
from customers.models import Customer
from operators.models import Block, Operator
from telephony.models import Call
from tests.factories import BrandFactory, StaffFactory
from tests.scenario import (
    JOINS_AT,
    customer_client,
    epoch,
    given_customer,
    given_operator,
    its_time,
    logged_in,
    tell,
    wallet,
    when_called,
    when_talked,
)

pytestmark = pytest.mark.django_db


def talked(balance: str = "45.00") -> tuple[Customer, Operator, Call]:
    """A call that is over and came to $4.98."""
    customer = given_customer(balance=balance, alias="Amber Heron 482")
    operator = given_operator(slug="sarah", stage_name="Sarah")
    call = when_called(customer, operator)
    when_talked(call, 59_000)
    return customer, operator, call


def talking(balance: str = "45.00") -> tuple[Customer, Operator, Call]:
    """A call that runs."""
    customer, operator = given_customer(balance=balance), given_operator(slug="sarah", stage_name="Sarah")
    call = when_called(customer, operator)
    tell(call, "started", at=JOINS_AT, joined_at=epoch(call, JOINS_AT))
    return customer, operator, call


def page_of(call: Call) -> str:
    return f"/calls/{call.call_id}/tip/"


def text_of(answer: Any) -> str:
    text = unescape(re.sub(r"<[^>]+>", " ", answer.content.decode()))
    return " ".join(text.split())


def confirmation(client: Client, call: Call, **form: str) -> dict[str, str]:
    """The fields that the second page sends."""
    answer = client.post(page_of(call), form)
    assert answer.status_code == 200
    fields = dict(re.findall(r'name="(confirmed|key|amount|total)" value="([^"]+)"', answer.content.decode()))
    assert fields.keys() == {"confirmed", "key", "amount", "total"}, text_of(answer)
    return fields


def tips() -> list[int]:
    return list(Transaction.objects.filter(kind="tip").order_by("id").values_list("amount_minor", flat=True))


def test_the_page_offers_amounts_and_another_one() -> None:
    customer, _, call = talked()
    html = customer_client(customer).get(page_of(call)).content.decode()
    assert re.findall(r'name="choice" value="(\w+)"', html) == ["500", "1000", "2000", "other"]
    assert "$40.02" in html  # the balance


def test_the_first_click_shows_what_it_comes_to_and_gives_nothing() -> None:
    customer, _, call = talked()
    answer = customer_client(customer).post(page_of(call), {"choice": "1000"})
    text = text_of(answer)
    assert "Tip Sarah $10.00?" in text
    assert re.search(r"Balance after\s+\$30\.02", text)
    assert "You can’t take a tip back yourself." in text
    assert 'data-part="talk-left"' not in answer.content.decode()
    assert tips() == []
    assert wallet(customer) == (4002, 0)


def test_the_second_click_gives_it_once_however_often_it_comes() -> None:
    customer, _, call = talked()
    client = customer_client(customer)
    fields = confirmation(client, call, choice="other", other="12.50")
    for _ in range(2):
        answer = client.post(page_of(call), fields)
        assert answer.headers["Location"] == f"/calls/{call.call_id}/"
    assert tips() == [1250]
    text = text_of(client.get(f"/calls/{call.call_id}/"))
    assert "You tipped Sarah $12.50. Thank you!" in text
    assert re.search(r"Tips to Sarah\s+Tip\s+\$12\.50", text)
    assert re.search(r"Receipt F-\d{4,}-\d\d", text)


def test_the_receipt_says_what_was_refunded_and_leads_to_a_case_for_a_day() -> None:
    customer, _, call = talked()
    client = customer_client(customer)
    client.post(page_of(call), confirmation(client, call, choice="500"))
    receipt = f"/calls/{call.call_id}/"
    number = receipt_number(ReceiptOf.FUNDS, Transaction.objects.get(kind="tip").pk)
    case_link = (
        f'<a href="{reverse("case-new", args=[number], urlconf="storefront.urls")}">Ask for a refund</a>'
    )
    assert case_link in client.get(receipt).content.decode()
    tomorrow = clock.now() + timedelta(hours=24, seconds=1)
    with clock.using(lambda: tomorrow):
        client.force_login(customer.user)
        assert case_link not in client.get(receipt).content.decode()
    client.force_login(customer.user)
    tip = Transaction.objects.get(kind="tip")
    refund_reference(reference=tip.reference, reason="a slip", actor=StaffFactory(), idempotency_key="r")
    answer = client.get(receipt)
    assert case_link not in answer.content.decode()
    assert re.search(r"Refunded\s+−\$5\.00", text_of(answer))


@pytest.mark.parametrize(
    ("form", "words"),
    [
        ({}, "Choose an amount."),
        ({"choice": "700"}, "Choose an amount."),
        ({"choice": "other"}, "Enter an amount."),
        ({"choice": "other", "other": "0.99"}, "The smallest amount is $1.00."),
        ({"choice": "other", "other": "200.01"}, "The largest amount is $200.00."),
        ({"choice": "other", "other": "lots"}, "Enter an amount like 3.99"),
        ({"choice": "other", "other": "200"}, "Your balance is too low for this tip."),
    ],
)
def test_what_is_no_tip_is_refused_beside_the_form(form: dict[str, str], words: str) -> None:
    customer, _, call = talked()
    answer = customer_client(customer).post(page_of(call), form)
    assert words in answer.content.decode()
    assert 'name="choice"' in answer.content.decode()
    assert tips() == []


@pytest.mark.parametrize("amount", ["", "-5", "99", "20001", "1e3", "9" * 40])
def test_a_forged_second_click_is_held_to_the_same_bounds(amount: str) -> None:
    customer, _, call = talked("400.00")
    client = customer_client(customer)
    answer = client.post(page_of(call), {"confirmed": "1", "key": "k", "amount": amount}, follow=True)
    assert "A tip can be $1.00 to $200.00." in answer.content.decode()
    assert tips() == []


def test_in_a_call_the_page_says_how_long_it_can_last_after_the_tip() -> None:
    customer, _, call = talking()
    client = customer_client(customer)
    with its_time(call, JOINS_AT + 5):
        text = text_of(client.post(page_of(call), {"choice": "2000"}))
        # $45.00 is 11 minutes at $3.99 and the fee; $25.00 is 6.
        assert "Your call with Sarah can then last about 5 more minutes, instead of 10." in text
        fields = confirmation(client, call, choice="2000")
        before = wallet(customer)[1]
        answer = client.post(page_of(call), fields)
    assert answer.headers["Location"] == f"/operators/sarah/?call={call.call_id}"
    assert tips() == [2000]
    assert wallet(customer) == (2500, before)


def test_a_tip_that_costs_no_talk_says_so() -> None:
    customer, _, call = talking("200.00")
    Authorization.objects.filter(reference=call.call_id).update(cap_seconds=300)
    with its_time(call, JOINS_AT + 5):
        text = text_of(customer_client(customer).post(page_of(call), {"choice": "500"}))
    assert "won’t get shorter: about 4 minutes left." in text


@pytest.mark.parametrize("method", ["get", "post"])
def test_somebody_elses_call_and_who_wants_no_contact_are_not_found(method: str) -> None:
    customer, operator, call = talked()
    stranger = customer_client(given_customer())
    assert getattr(stranger, method)(page_of(call)).status_code == 404
    assert getattr(stranger, method)("/calls/call_1/tip/").status_code == 404
    Block.objects.create(customer=customer, operator=operator, blocked_by="operator")
    client = customer_client(customer)
    assert getattr(client, method)(page_of(call)).status_code == 404
    assert page_of(call) not in client.get(f"/calls/{call.call_id}/").content.decode()


def test_receipt_and_panel_lead_to_the_tip() -> None:
    customer, _, call = talked()
    client = customer_client(customer)
    assert f'href="{page_of(call)}"' in client.get(f"/calls/{call.call_id}/").content.decode()
    assert f'href="{page_of(call)}"' in client.get(f"/operators/sarah/?call={call.call_id}").content.decode()


def test_the_running_calls_panel_leads_to_the_tip_and_a_failed_call_does_not() -> None:
    customer, operator, call = talking()
    client = customer_client(customer)
    assert f'href="{page_of(call)}"' in client.get("/operators/sarah/").content.decode()
    when_talked(call, 59_000)
    failed = when_called(customer, operator)
    assert page_of(failed) not in client.get("/operators/sarah/").content.decode()
    tell(failed, "no_answer", at=30, why="operator_no_answer")
    assert page_of(failed) not in client.get(f"/operators/sarah/?call={failed.call_id}").content.decode()
    assert page_of(failed) not in client.get(f"/calls/{failed.call_id}/").content.decode()


def test_a_call_that_cost_nothing_leads_to_no_tip(settings: Any) -> None:
    settings.BILLING = {**settings.BILLING, "GRACE_SECONDS": 3}
    customer = given_customer()
    call = when_called(customer, given_operator(slug="sarah"))
    when_talked(call, 2_000)
    assert (
        page_of(call)
        not in customer_client(customer).get(f"/operators/sarah/?call={call.call_id}").content.decode()
    )


def test_the_operator_sees_the_alias_and_their_part_on_console_and_statement() -> None:
    customer, operator, call = talked()
    client = customer_client(customer)
    client.post(page_of(call), confirmation(client, call, choice="1000"))
    portal = logged_in(operator.user, "portal.localhost")
    console = text_of(portal.get("/"))
    assert "Amber Heron 482 tipped you $8.00" in console
    assert "$11.98" in console  # today: $3.98 of the call and the tip
    statement = text_of(portal.get("/statement/?kind=tip"))
    assert re.search(r"Tip · Amber Heron 482", statement), statement
    assert "$8.00" in statement
    assert "80%" in statement


def test_staff_refund_a_tip_on_its_page_which_names_the_call() -> None:
    customer, _, call = talked()
    client = customer_client(customer)
    client.post(page_of(call), confirmation(client, call, choice="1000"))
    tip = Transaction.objects.get(kind="tip")
    desk = logged_in(StaffFactory(), "admin.localhost")
    page = desk.get(f"/backoffice/transactions/{tip.pk}/")
    assert call.call_id in page.content.decode()
    assert "all of the call, text, or tip ($10.00 left)" in page.content.decode()


def test_another_sites_page_knows_no_operator_who_is_not_listed_there() -> None:
    customer, _, call = talked()
    BrandFactory(slug="nycflirts")
    client = customer_client(customer, "nycflirts.localhost")
    assert client.get(page_of(call)).status_code == 404


def test_what_is_in_the_way_of_the_account_is_told_in_the_place_of_the_form() -> None:
    customer, _, call = talked()
    Customer.objects.filter(pk=customer.pk).update(paused_until=clock.now() + timedelta(days=1))
    client = customer_client(customer)
    for answer in (client.get(page_of(call)), client.post(page_of(call), {"choice": "500"})):
        assert answer.status_code == 200
        assert "break" in text_of(answer)
        assert "Other amount" not in text_of(answer)
    assert tips() == []
