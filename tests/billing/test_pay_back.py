"""Unused money goes back to its card: out of the wallet at once, and again on it if the card company refuses."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from billing.auditing import run, scope_since
from billing.ledger.models import Account, Entry
from billing.models import PayBack
from billing.services.check_payment import check_payment
from billing.services.credit_wallet import credit_wallet
from billing.services.pay_back import pay_back, returnable_of, send_pay_back
from billing.states import CreditSource, PayBackState, PaymentState
from core.errors import Conflict, InsufficientCredit
from customers.models import Customer
from customers.services.limits import close_account
from tests.billing.test_payments import spend
from tests.factories import StaffFactory
from tests.scenario import given_customer
from tests.support.card_processor import Processor, given_paid

pytestmark = pytest.mark.django_db


def balance(customer: Customer) -> int:
    return Account.objects.get(kind="wallet", customer=customer).balance_minor


def in_transit() -> int:
    return sum(Entry.objects.filter(account__kind="in_transit").values_list("amount_minor", flat=True))


def receivable() -> int:
    return -sum(Entry.objects.filter(account__kind="processor").values_list("amount_minor", flat=True))


def given_promo(customer: Customer, amount_minor: int) -> None:
    credit_wallet(
        customer=customer, amount_minor=amount_minor, source=CreditSource.PROMO, reason="a welcome gift",
        actor=StaffFactory(), idempotency_key=f"promo-{customer.pk}",
    )  # fmt: skip


def test_it_leaves_the_wallet_first_and_arrives_by_the_processors_word(processor: Processor) -> None:
    customer = given_customer(balance=0)
    first, second = given_paid(processor, customer, 2500), given_paid(processor, customer, 3000)
    given_promo(customer, 700)
    found = returnable_of(customer)
    assert (found.to_cards_minor, found.otherwise_minor, found.promo_minor) == (5500, 0, 700)
    rows = pay_back(customer=customer, expected_minor=5500)
    assert [(row.payment_id, row.amount_minor) for row in rows] == [(second.pk, 3000), (first.pk, 2500)]
    assert (balance(customer), in_transit(), receivable()) == (700, 5500, 5500)
    for row in rows:
        send_pay_back(pay_back_id=row.pk)
    assert (balance(customer), in_transit(), receivable()) == (700, 0, 0)
    assert set(PayBack.objects.values_list("state", flat=True)) == {PayBackState.DONE}
    first.refresh_from_db()
    assert first.state == PaymentState.REFUNDED
    assert list(run(scope_since(None))) == []


def test_what_the_card_company_refuses_is_on_the_wallet_again(processor: Processor) -> None:
    customer = given_customer(balance=0)
    given_paid(processor, customer)
    [row] = pay_back(customer=customer, expected_minor=2500)
    processor.refuses = "The card is closed."
    for _ in range(2):
        send_pay_back(pay_back_id=row.pk)
    assert (balance(customer), in_transit(), receivable()) == (2500, 0, 2500)
    row.refresh_from_db()
    assert row.state == PayBackState.REFUSED
    assert list(run(scope_since(None))) == []


def test_a_lost_answer_is_asked_for_and_nothing_is_sent_twice(processor: Processor) -> None:
    customer = given_customer(balance=0)
    payment = given_paid(processor, customer)
    [row] = pay_back(customer=customer, expected_minor=2500)
    processor.cuts_off, processor.answers = True, False
    for _ in range(3):
        send_pay_back(pay_back_id=row.pk)
    assert (balance(customer), in_transit()) == (0, 2500)
    processor.answers = True
    check_payment(payment_id=payment.pk)
    assert (balance(customer), in_transit(), receivable()) == (0, 0, 0)


def test_it_is_what_the_customer_was_shown(processor: Processor) -> None:
    customer = given_customer(balance=0)
    with pytest.raises(InsufficientCredit):
        pay_back(customer=customer, expected_minor=0)
    given_paid(processor, customer)
    with pytest.raises(Conflict) as refused:
        pay_back(customer=customer, expected_minor=2400)
    assert refused.value.error_code == "changed"
    assert not PayBack.objects.exists()


def test_money_that_came_otherwise_is_for_staff_to_send(processor: Processor) -> None:
    customer = given_customer(balance="10.00")
    given_paid(processor, customer)
    found = returnable_of(customer)
    assert (found.to_cards_minor, found.otherwise_minor) == (2500, 1000)


def test_closing_the_account_sends_back_what_came_by_card(processor: Processor) -> None:
    customer = given_customer(balance="10.00")
    given_paid(processor, customer)
    given_promo(customer, 700)
    close_account(customer=customer)
    row = PayBack.objects.get()
    assert (row.amount_minor, row.reason) == (2500, "The account was closed.")
    assert (balance(customer), in_transit()) == (1000, 2500), (
        "promotional money ends; what came otherwise is for staff"
    )
    send_pay_back(pay_back_id=row.pk)
    assert in_transit() == 0
    assert list(run(scope_since(None))) == []


def test_a_dispute_that_is_won_brings_back_the_kinds_of_money_that_went(processor: Processor) -> None:
    customer = given_customer(balance=0)
    payment = given_paid(processor, customer)
    spend(customer, 2000)
    given_promo(customer, 400)
    for minor in ({"charged_back_minor": 2500}, {"won_back_minor": 2500}):
        processor.add(payment, **minor)
        check_payment(payment_id=payment.pk)
    found = Account.objects.get(kind="wallet", customer=customer)
    assert (found.balance_minor, found.promo_minor) == (900, 400)
    assert list(run(scope_since(None))) == []


def test_what_could_go_back_costs_the_same_however_often_was_paid(processor: Processor) -> None:
    customer = given_customer(balance=0)
    given_paid(processor, customer, 1000)
    with CaptureQueriesContext(connection) as few:
        assert returnable_of(customer).to_cards_minor == 1000
    for _ in range(8):
        given_paid(processor, customer, 1000)
    pay_back(customer=customer, expected_minor=9000)
    given_paid(processor, customer, 1200)
    with CaptureQueriesContext(connection) as many:
        assert returnable_of(customer).to_cards_minor == 1200
    assert len(many) == len(few)
