"""Every card of the sandbox from *Add funds* to the end, as the customer's page and the staff's queue say it in words."""

import re
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from billing.gateways.sandbox.cards import SandboxCard
from billing.gateways.sandbox.models import SandboxCharge
from billing.models import Payment, PaymentNotice
from billing.services.check_payment import check_payment
from billing.tasks import check_open_payments
from core import clock
from customers.models import Customer
from tests.billing.sandbox import deliver_due, given_merchant_account, pay
from tests.factories import StaffFactory
from tests.scenario import BRAND_HOST, assert_books_are_whole, given_customer, logged_in, wallet

pytestmark = pytest.mark.django_db
CANCEL, STAFF = "cancel", "admin.localhost"
ADDED, WAITING, CHECKED = "$25.00 added", "Waiting for your card company", "We’re checking this payment"
AT_ONCE, SECONDS, MINUTES, DAYS = timedelta(0), timedelta(seconds=21), timedelta(minutes=2), timedelta(days=3)


@dataclass(frozen=True)
class Course:
    """What the customer reads once this time has passed, what the wallet has, what staff read; notices that came by then."""

    words: str
    after: timedelta = AT_ONCE
    before: str = WAITING
    balance: int = 2500
    queue: str = ""
    notices: int = 1


COURSES: dict[str, Course] = {
    SandboxCard.SUCCESS: Course(ADDED),
    SandboxCard.DECLINED: Course("Your bank declined this card. Nothing was charged.", balance=0),
    CANCEL: Course("Payment canceled", balance=0),
    SandboxCard.SLOW: Course(ADDED, SECONDS),
    SandboxCard.DUPLICATE: Course(ADDED),
    SandboxCard.LATE: Course(ADDED, DAYS),
    SandboxCard.SILENT: Course(ADDED, MINUTES, notices=0),
    SandboxCard.WRONG_AMOUNT: Course(CHECKED, balance=0, queue="Another amount than ours"),
    SandboxCard.WRONG_CURRENCY: Course(CHECKED, balance=0, queue="Another currency than ours"),
    SandboxCard.WRONG_ACCOUNT: Course(CHECKED, balance=0, queue="Paid to another merchant account"),
    SandboxCard.UNKNOWN: Course(ADDED),
    SandboxCard.DECLINED_AGAIN: Course(ADDED),
}


@pytest.fixture
def customer() -> Customer:
    given_merchant_account()
    return given_customer(balance=0)


def text_of(answer: Any) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", answer.content.decode()).split())


def test_every_card_has_a_course() -> None:
    assert COURSES.keys() == {*SandboxCard, CANCEL}


@pytest.mark.parametrize("card", COURSES)
def test_what_customer_and_staff_read(card: str, customer: Customer) -> None:
    course = COURSES[card]
    client, desk = logged_in(customer.user, BRAND_HOST), logged_in(StaffFactory(is_superuser=True), STAFF)
    address = client.post("/funds/", {"choice": "2500"})["Location"]
    back = pay(address, cancel="") if card == CANCEL else pay(address, SandboxCard(card))
    payment = Payment.objects.get()
    page = back["Location"].partition(BRAND_HOST)[2].partition("/")[2]
    assert course.before in text_of(client.get(f"/{page}"))
    assert wallet(customer)[0] == 0, "nobody's word but the processor's credits it"

    later = clock.now() + course.after
    with clock.using(lambda: later):
        client.force_login(customer.user)
        desk.force_login(StaffFactory(is_superuser=True))
        if course.notices == 0:
            check_open_payments(timestamp=0)  # the worker's own question
        elif deliver_due():
            check_payment(payment_id=payment.pk)
        assert course.words in text_of(client.get(f"/{page}"))
        queue = text_of(desk.get("/backoffice/payments/"))
    assert PaymentNotice.objects.count() == course.notices
    assert wallet(customer)[0] == course.balance
    assert ("Ask the processor" in queue) is bool(course.queue)
    assert course.queue in queue
    assert_books_are_whole()


def test_a_charge_that_was_used_before_is_nobodys_credit_and_in_the_queue(customer: Customer) -> None:
    """The processor reports the charge of one payment for another one, too."""
    other = given_customer(balance=0)
    payments = []
    for person in (customer, other):
        client = logged_in(person.user, BRAND_HOST)
        address = client.post("/funds/", {"choice": "2500"})["Location"]
        if person == customer:
            pay(address)
        payments.append(Payment.objects.get(customer=person))
    check_payment(payment_id=payments[0].pk)
    SandboxCharge.objects.update(payment=str(payments[1].public_id))
    check_payment(payment_id=payments[1].pk)
    assert (wallet(customer)[0], wallet(other)[0]) == (2500, 0)
    page = logged_in(other.user, BRAND_HOST).get(f"/funds/{payments[1].public_id}/")
    assert CHECKED in text_of(page)
    desk: Client = logged_in(StaffFactory(is_superuser=True), STAFF)
    assert "The same charge was reported for another payment" in text_of(desk.get("/backoffice/payments/"))
    assert_books_are_whole()
