"""What becomes of a payment with each test card of the sandbox, by its notices and our asking."""

from datetime import timedelta

import pytest

from billing.gateways import gateway_named
from billing.gateways.sandbox import processor
from billing.gateways.sandbox.cards import SandboxCard
from billing.gateways.sandbox.models import SandboxCharge
from billing.models import Payment
from billing.services.charge_saved_card import charge_saved_card
from billing.services.check_payment import check_payment
from billing.services.start_payment import start_payment, start_saved_card_payment
from billing.states import PaymentProblem, PaymentState
from core import clock
from customers.models import Customer
from tests.billing.sandbox import RETURN_URL, deliver_due, given_merchant_account, pay
from tests.scenario import assert_books_are_whole, given_customer, wallet

pytestmark = pytest.mark.django_db

CREDITED = (PaymentState.CAPTURED, PaymentProblem.NONE, 2500)
WRONG = {
    SandboxCard.WRONG_AMOUNT: PaymentProblem.WRONG_AMOUNT,
    SandboxCard.WRONG_CURRENCY: PaymentProblem.WRONG_CURRENCY,
    SandboxCard.WRONG_ACCOUNT: PaymentProblem.WRONG_ACCOUNT,
}
COMES_TO = {
    **dict.fromkeys(SandboxCard, CREDITED),
    **{card: (PaymentState.PENDING, problem, 0) for card, problem in WRONG.items()},
    SandboxCard.DECLINED: (PaymentState.DECLINED, PaymentProblem.NONE, 0),
    SandboxCard.SLOW: (PaymentState.PENDING, PaymentProblem.NONE, 0),
}


def paid(customer: Customer, behavior: SandboxCard) -> Payment:
    """On the page; reported, and asked for."""
    payment = start_payment(customer=customer, brand=given_merchant_account().brand, amount_minor=2500)
    pay(gateway_named("sandbox").start(payment, return_url=RETURN_URL), behavior)
    deliver_due()
    return check_payment(payment_id=payment.pk)


@pytest.mark.parametrize("behavior", SandboxCard)
def test_what_each_card_comes_to(behavior: SandboxCard) -> None:
    customer = given_customer(balance=0)
    payment = paid(customer, behavior)
    assert (payment.state, payment.problem, wallet(customer)[0]) == COMES_TO[behavior]
    check_payment(payment_id=payment.pk)
    assert wallet(customer)[0] == COMES_TO[behavior][2], "asked twice, credited once"
    assert_books_are_whole()


def test_the_slow_one_is_credited_later() -> None:
    customer = given_customer(balance=0)
    payment = paid(customer, SandboxCard.SLOW)
    later = clock.now() + timedelta(seconds=21)
    with clock.using(lambda: later):
        assert (deliver_due(), check_payment(payment_id=payment.pk).state) == (1, PaymentState.CAPTURED)
    assert wallet(customer)[0] == 2500


def test_a_page_paid_twice_is_credited_once_and_staff_see_it() -> None:
    customer = given_customer(balance=0)
    payment = paid(customer, SandboxCard.SUCCESS)
    pay(gateway_named("sandbox").start(payment, return_url=RETURN_URL))
    deliver_due()
    payment = check_payment(payment_id=payment.pk)
    assert (payment.state, payment.problem) == (PaymentState.CAPTURED, PaymentProblem.CHARGED_TWICE)
    assert wallet(customer)[0] == 2500


@pytest.mark.parametrize(
    ("behavior", "state", "balance"),
    [
        (SandboxCard.SUCCESS, PaymentState.CAPTURED, 4500),
        (SandboxCard.DECLINED_AGAIN, PaymentState.DECLINED, 2500),
        (SandboxCard.UNKNOWN, PaymentState.UNKNOWN, 2500),
    ],
)
def test_the_card_charged_again(behavior: SandboxCard, state: PaymentState, balance: int) -> None:
    customer = given_customer(balance=0)
    brand = paid(customer, behavior).merchant_account.brand
    again = start_saved_card_payment(customer=customer, brand=brand, amount_minor=2000)
    assert charge_saved_card(payment_id=again.pk).state == state
    assert wallet(customer)[0] == balance
    later = clock.now() + timedelta(seconds=21)
    with clock.using(lambda: later):
        answered = check_payment(payment_id=again.pk)
    assert answered.state == (PaymentState.CAPTURED if state == PaymentState.UNKNOWN else state)
    assert_books_are_whole()


def test_what_the_bank_takes_and_returns() -> None:
    customer = given_customer(balance=0)
    payment, charge = paid(customer, SandboxCard.SUCCESS), SandboxCharge.objects.get()
    for happens, state, balance in (
        (processor.charge_back, PaymentState.DISPUTED, 0),
        (processor.win_back, PaymentState.CAPTURED, 2500),
        (processor.refund_at_processor, PaymentState.REFUNDED, 0),
    ):
        happens(charge, 2500)
        deliver_due()
        assert check_payment(payment_id=payment.pk).state == state
        assert wallet(customer)[0] == balance
        assert_books_are_whole()
