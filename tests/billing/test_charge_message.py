"""A text is charged once for its id, whatever happens to the wallet meanwhile."""

import pytest

from billing import selectors
from billing.services.charge_message import MessageCharge, charge_message
from billing.services.debit_wallet import debit_wallet
from core.errors import Conflict, InsufficientCredit
from customers.models import Customer
from operators.models import Operator
from tests.factories import BrandFactory
from tests.scenario import given_customer, given_operator

pytestmark = pytest.mark.django_db


def charge(customer: Customer, operator: Operator, message_id: str = "msg_1") -> MessageCharge:
    return charge_message(customer=customer, operator=operator, brand=BrandFactory(), message_id=message_id)


def test_a_repeat_is_answered_as_the_first_time_though_the_money_is_gone() -> None:
    customer, operator = given_customer(balance=80), given_operator(rate_per_message_minor=50)
    first = charge(customer, operator)
    debit_wallet(customer=customer, amount_minor=30, reason="spent", actor=None, idempotency_key="d")
    again = charge(customer, operator)
    assert (again.transaction_id, again.charged_minor, again.operator_minor) == (first.transaction_id, 50, 40)
    assert again.available_minor == selectors.wallet_of(customer.pk).balance_minor == 0
    with pytest.raises(InsufficientCredit):
        charge(customer, operator, "msg_2")


def test_a_repeat_is_answered_though_the_daily_limit_is_used_up() -> None:
    customer = given_customer(balance=1000, daily_limit_minor=50)
    operator = given_operator(rate_per_message_minor=50)
    first = charge(customer, operator)
    assert charge(customer, operator).transaction_id == first.transaction_id
    assert selectors.wallet_of(customer.pk).balance_minor == 950


def test_an_id_that_was_charged_for_something_else_is_refused() -> None:
    customer, operator = given_customer(balance=1000), given_operator(rate_per_message_minor=50)
    charge(customer, operator)
    with pytest.raises(Conflict):
        charge(customer, given_operator(rate_per_message_minor=50))
    operator.rate_per_message_minor = 60
    with pytest.raises(Conflict):
        charge(customer, operator)
