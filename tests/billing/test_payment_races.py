"""Card payments against what else moves a customer's money at the same moment: to the cent, whoever was first."""

from collections.abc import Callable
from typing import Any

import pytest

from billing import selectors
from billing.auditing import run, scope_since
from billing.ledger.models import Account, Entry
from billing.models import Authorization, PayBack
from billing.services.authorize import authorize
from billing.services.charge_message import charge_message
from billing.services.check_payment import check_payment
from billing.services.extend_grant import extend_grant
from billing.services.pay_back import pay_back, send_pay_back
from billing.services.refund import refund_reference
from billing.services.settle import settle
from core.errors import DomainError
from customers.models import Customer
from tests.factories import BrandFactory
from tests.scenario import given_customer, given_operator
from tests.support.card_processor import Processor, given_paid, given_payment
from tests.support.threads import in_parallel

pytestmark = pytest.mark.django_db(transaction=True)
LONG = [pytest.mark.long, pytest.mark.timeout(1800)]
ROUNDS = pytest.mark.parametrize("rounds", [6, pytest.param(500, marks=LONG)])


def race(*jobs: Callable[[], Any]) -> list[Any]:
    return in_parallel(*jobs, refusals=DomainError)


def wallet(customer: Customer) -> Account:
    return Account.objects.get(kind="wallet", customer=customer)


def total(kind: str) -> int:
    return sum(Entry.objects.filter(account__kind=kind).values_list("amount_minor", flat=True))


def assert_books_in_order() -> None:
    assert list(run(scope_since(None))) == []


@ROUNDS
def test_a_refund_and_a_charge(processor: Processor, rounds: int) -> None:
    operator, brand = given_operator(rate_per_message_minor=700), BrandFactory()
    for number in range(rounds):
        customer = given_customer(balance=0)
        given_paid(processor, customer, 1000)
        first, second = f"m-{number}-1", f"m-{number}-2"
        charge_message(customer=customer, operator=operator, brand=brand, message_id=first)
        _, charged = race(
            lambda first=first: refund_reference(
                reference=first, reason="race", actor=None, idempotency_key=f"refund-{first}"
            ),
            lambda second=second, customer=customer: charge_message(
                customer=customer, operator=operator, brand=brand, message_id=second
            ),
        )
        was_charged = not isinstance(charged, DomainError)
        assert selectors.wallet_of(customer.pk).balance_minor == (300 if was_charged else 1000)
    assert_books_in_order()


@ROUNDS
def test_a_load_and_a_grant(processor: Processor, rounds: int) -> None:
    """The grant has the money, or not yet: what is held is what the granted time costs, and asked again it has it."""
    operator, brand = given_operator(), BrandFactory()
    for number in range(rounds):
        customer = given_customer(balance="4.98")
        authorization = authorize(
            customer=customer, operator=operator, brand=brand, reference=f"call_{number}"
        )
        assert authorization.granted_seconds == 60
        payment = given_payment(customer, 1000)
        processor.pay(payment)
        race(
            lambda payment=payment: check_payment(payment_id=payment.pk),
            lambda authorization=authorization: extend_grant(
                authorization_id=authorization.pk, elapsed_seconds=10
            ),
            lambda payment=payment: check_payment(payment_id=payment.pk),
        )
        row = Authorization.objects.get(pk=authorization.pk)
        assert (row.granted_seconds, row.held_minor) in ((60, 498), (180, 1296))
        assert (wallet(customer).balance_minor, wallet(customer).held_minor) == (1498, row.held_minor)
        assert extend_grant(authorization_id=authorization.pk, elapsed_seconds=10).granted_seconds == 180
        settle(authorization_id=authorization.pk, joined_ms=180_000)
        assert (wallet(customer).balance_minor, wallet(customer).held_minor) == (202, 0)
    assert_books_in_order()


@ROUNDS
def test_money_back_and_the_start_of_a_call(processor: Processor, rounds: int) -> None:
    """One of the two has the money; never both, and never neither for want of it."""
    operator, brand = given_operator(), BrandFactory()
    for number in range(rounds):
        customer = given_customer(balance=0)
        given_paid(processor, customer, 1000)
        returned, call = race(
            lambda customer=customer: pay_back(customer=customer, expected_minor=1000),
            lambda customer=customer, number=number: authorize(
                customer=customer, operator=operator, brand=brand, reference=f"call_{number}"
            ),
        )
        has_call, is_returned = isinstance(call, Authorization), isinstance(returned, list)
        assert has_call is not is_returned
        if has_call:
            assert wallet(customer).balance_minor == 1000
            settle(authorization_id=call.pk, joined_ms=60_000)
        else:
            assert wallet(customer).balance_minor == 0
            send_pay_back(pay_back_id=PayBack.objects.get(customer=customer).pk)
    assert total("in_transit") == 0
    assert_books_in_order()


@ROUNDS
def test_a_chargeback_and_the_end_of_a_call(processor: Processor, rounds: int) -> None:
    operator, brand = given_operator(), BrandFactory()
    for number in range(rounds):
        customer = given_customer(balance=0)
        payment = given_paid(processor, customer, 1000)
        authorization = authorize(
            customer=customer, operator=operator, brand=brand, reference=f"call_{number}"
        )
        processor.add(payment, charged_back_minor=1000)
        race(
            lambda payment=payment: check_payment(payment_id=payment.pk),
            lambda authorization=authorization: settle(authorization_id=authorization.pk, joined_ms=60_000),
            lambda payment=payment: check_payment(payment_id=payment.pk),
        )
        found = wallet(customer)
        assert (found.balance_minor, found.held_minor, found.overdraft_minor) == (-498, 0, 1000)
    assert_books_in_order()
