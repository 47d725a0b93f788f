"""The database was restored to a time before: what the processors took since is in the wallets, once."""

import uuid
from datetime import datetime, timedelta
from typing import Any

import pytest

from billing.auditing import run, scope_since
from billing.gateways import gateway_named
from billing.gateways.sandbox import processor as sandbox
from billing.gateways.sandbox.cards import SandboxCard
from billing.gateways.sandbox.models import SandboxCharge
from billing.ledger.models import Entry
from billing.models import Payment, ReportLine
from billing.payment_numbers import FIRST_HALF, customers_named, new_payment_number
from billing.services.check_payment import check_payment
from billing.services.pay_back import pay_back, send_pay_back
from billing.services.read_report import read_report
from billing.services.restore_payments import RestoredPayment, restore_payments
from billing.services.start_payment import start_payment
from billing.states import PaymentState
from core import clock
from core.models import AuditRecord
from tests.billing.sandbox import RETURN_URL, given_merchant_account, pay
from tests.scenario import assert_books_are_whole, given_customer, wallet
from tests.support import ccbill as fake_ccbill
from tests.support.card_processor import NAME, Processor, given_paid, given_payment
from tests.support.ccbill import FakeCcbill
from tests.support.restored import lost

pytestmark = pytest.mark.django_db


def restored() -> list[RestoredPayment]:
    return list(restore_payments(since=clock.now() - timedelta(minutes=20)))


def assert_audit_finds_nothing() -> None:
    assert_books_are_whole()
    assert list(run(scope_since(None))) == []


def test_a_payment_that_the_books_have_never_seen_is_credited_once(processor: Processor) -> None:
    customer = given_customer(balance=0)
    given_paid(processor, customer, 1000)
    with lost():
        number = str(given_paid(processor, customer, 2500).public_id)
        assert wallet(customer)[0] == 3500
    assert wallet(customer)[0] == 1000
    assert restored() == [RestoredPayment(NAME, number, 2500, is_new=True)]
    payment = Payment.objects.get(public_id=number)
    assert (payment.state, payment.customer, wallet(customer)[0]) == (PaymentState.CAPTURED, customer, 3500)
    assert (payment.card_label, payment.captured_minor) == ("Visa •••• 4242", 2500)
    assert AuditRecord.objects.filter(action="payment.restored").count() == 1
    assert_audit_finds_nothing()
    before = Entry.objects.count(), ReportLine.objects.count(), Payment.objects.count()
    assert restored() == []
    assert (Entry.objects.count(), ReportLine.objects.count(), Payment.objects.count()) == before


def test_one_that_was_begun_before_and_paid_since_is_credited(processor: Processor) -> None:
    customer = given_customer(balance=0)
    payment = given_payment(customer)
    with lost():
        processor.pay(payment)
        check_payment(payment_id=payment.pk)
    assert Payment.objects.get().state == PaymentState.REDIRECTED
    assert restored() == [RestoredPayment(NAME, str(payment.public_id), 2500)]
    assert wallet(customer)[0] == 2500
    assert restored() == []


def test_what_went_back_to_the_card_since_comes_off_the_wallet(processor: Processor) -> None:
    customer = given_customer(balance=0)
    payment = given_paid(processor, customer)
    with lost():
        (row,) = pay_back(customer=customer, expected_minor=2500)
        send_pay_back(pay_back_id=row.pk)
        assert wallet(customer)[0] == 0
    assert wallet(customer)[0] == 2500
    assert restored() == [RestoredPayment(NAME, str(payment.public_id), -2500)]
    assert wallet(customer)[0] == 0
    assert_audit_finds_nothing()


def test_a_customer_who_came_since_is_no_customer_and_the_charge_is_named(processor: Processor) -> None:
    given_paid(processor, given_customer(balance=0))
    with lost():
        given_paid(processor, given_customer(balance=0))
    (found,) = restored()
    assert (found.public_id, found.change_minor) == ("", 0)
    assert "is of no payment and no customer" in found.words
    assert Payment.objects.count() == 1


def test_a_processor_that_does_not_answer_is_asked_again_later(processor: Processor) -> None:
    customer = given_customer(balance=0)
    given_payment(customer)
    with lost():
        given_paid(processor, customer)
    processor.answers = False
    assert [found.words for found in restored()] == [
        "it does not tell its list now: run this again in an hour"
    ]
    processor.answers = True
    restored()
    assert wallet(customer)[0] == 2500


def test_one_without_a_list_is_named(processor: Processor, monkeypatch: pytest.MonkeyPatch) -> None:
    payment = given_payment(given_customer(balance=0))
    processor.pay(payment)
    monkeypatch.setattr(type(gateway_named(NAME)), "lists_charges", False)
    found = restored()
    assert "has no list" in found[0].words
    assert found[1].change_minor == 2500, "what is open by the books is asked for all the same"


def test_ccbill_lists_half_of_our_number_and_that_is_enough(ccbill: FakeCcbill) -> None:
    customer = given_customer(balance=0)
    fake_ccbill.given_payment(customer)
    with lost():
        payment = fake_ccbill.given_payment(customer, 2900)
        ccbill.pay(fake_ccbill.form_of(payment))
    (found,) = restored()
    assert (found.change_minor, found.is_new) == (2900, True)
    assert found.public_id.replace("-", "")[:FIRST_HALF] == payment.public_id.hex[:FIRST_HALF]
    assert wallet(customer)[0] == 2900
    assert_audit_finds_nothing()


def test_ccbill_is_asked_once_an_hour_and_again_after_it(ccbill: FakeCcbill) -> None:
    customer = given_customer(balance=0)
    with lost():
        ccbill.pay(fake_ccbill.form_of(fake_ccbill.given_payment(customer, 2900)))
    fake_ccbill.given_payment(customer, 5200)
    assert [found.change_minor for found in restored()] == [2900]
    asked = len(ccbill.asked)
    assert ["list was read 0 min ago" in found.words for found in restored()] == [True]
    assert len(ccbill.asked) == asked
    later = clock.now() + timedelta(hours=2)
    with clock.using(lambda: later):
        assert read_report(gateway_name="ccbill", at=later) == 0


def test_the_worker_finds_it_too_with_its_next_list(ccbill: FakeCcbill) -> None:
    customer = given_customer(balance=0)
    fake_ccbill.given_payment(customer)
    with lost():
        ccbill.pay(fake_ccbill.form_of(fake_ccbill.given_payment(customer, 2900)))
    assert read_report(gateway_name="ccbill", at=clock.now()) == 1
    check_payment(payment_id=Payment.objects.get(amount_minor=2900).pk)
    assert wallet(customer)[0] == 2900


def test_the_sandbox_lists_what_it_took_and_gave_back() -> None:
    customer = given_customer(balance=0)
    payment = start_payment(customer=customer, brand=given_merchant_account().brand, amount_minor=2500)
    pay(gateway_named("sandbox").start(payment, return_url=RETURN_URL), SandboxCard.SUCCESS)
    charge = SandboxCharge.objects.get()
    sandbox.refund_at_processor(charge, 500)
    sandbox.charge_back(charge, 700)
    lines = gateway_named("sandbox").report(clock.now() - timedelta(minutes=1), clock.now() + timedelta(1))
    assert [(line.kind, line.amount_minor) for line in lines] == [
        ("sale", 2500), ("refund", 500), ("chargeback", 700)
    ]  # fmt: skip
    assert {line.payment for line in lines} == {str(payment.public_id)}
    assert gateway_named("sandbox").report(datetime(2020, 1, 1).astimezone(), charge.created_at) == []


# -- our numbers of payments


@pytest.mark.parametrize("customer_id", [1, 17, 4_000_000_000])
def test_a_number_says_whose_it_is_in_its_first_half(customer_id: int) -> None:
    numbers = {new_payment_number(customer_id) for _ in range(50)}
    assert len({number.hex[:FIRST_HALF] for number in numbers}) == 50
    for number in numbers:
        assert list(customers_named(str(number))) == [customer_id]
        assert list(customers_named(number.hex[:FIRST_HALF])) == [customer_id]


@pytest.mark.parametrize("number", ["", "x" * 16, "12345", "joe-from-the-form"])
def test_what_is_no_number_names_nobody(number: str) -> None:
    assert list(customers_named(number)) == []


def test_a_number_of_chance_names_nobody() -> None:
    named = [list(customers_named(str(uuid.UUID(int=n << 64 | n)))) for n in range(1, 2**63, 2**63 // 300)]
    assert sum(bool(ids) for ids in named) <= 10, "one of 256, and that is no customer's"


def test_it_is_read_under_a_key_that_is_replaced(settings: Any) -> None:
    number = str(new_payment_number(17))
    settings.HASH_KEYS = ["another key that is long and random enough", *settings.HASH_KEYS]
    assert 17 in list(customers_named(number))
    settings.HASH_KEYS = settings.HASH_KEYS[:1]
    assert 17 not in list(customers_named(number))
