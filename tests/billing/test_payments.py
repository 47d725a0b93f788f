"""Card payments: credited once, by the processor's word alone; any order of its events comes to the same books."""

import itertools
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
import time_machine
from django.db import transaction

from billing import selectors
from billing.auditing import run, scope_since
from billing.charges import Totals
from billing.gateways.base import Notice
from billing.ledger.models import Account, Entry, Transaction
from billing.models import Payment, PaymentNotice
from billing.services.charge_message import charge_message
from billing.services.charge_saved_card import charge_saved_card
from billing.services.check_payment import apply_charge, check_payment
from billing.services.receive_notice import receive_notice
from billing.services.start_payment import start_payment, start_saved_card_payment
from billing.states import PaymentState
from core import clock
from core.errors import Conflict, DomainError, LimitReached, NotAllowed
from customers.models import Customer
from tests.scenario import given_customer, given_operator
from tests.support.card_processor import ACCOUNT, Processor, given_paid, given_payment
from tests.support.threads import counted, in_parallel

pytestmark = pytest.mark.django_db


def wallet(customer: Customer) -> Account:
    return Account.objects.get(kind="wallet", customer=customer)


def balance(customer: Customer) -> int:
    return wallet(customer).balance_minor


def receivable() -> int:
    """What the processor owes us by the books."""
    return -sum(Entry.objects.filter(account__kind="processor").values_list("amount_minor", flat=True))


def books_are_sound() -> bool:
    return list(run(scope_since(None))) == []


def test_a_payment_is_credited_once_by_the_processors_word(processor: Processor) -> None:
    customer = given_customer(balance=0)
    payment = given_payment(customer)
    assert check_payment(payment_id=payment.pk).state == PaymentState.REDIRECTED
    assert not Transaction.objects.exists()
    processor.pay(payment)
    for _ in range(3):
        assert check_payment(payment_id=payment.pk).state == PaymentState.CAPTURED
    booked = Transaction.objects.get()
    assert (booked.kind, booked.amount_minor, booked.reference) == (
        "top_up",
        2500,
        f"memory:{payment.public_id}",
    )
    found = selectors.wallet_of(customer.pk)
    assert (found.balance_minor, found.paid_minor, receivable()) == (2500, 2500, 2500)
    assert books_are_sound()
    customer.refresh_from_db()
    assert customer.adult_access_basis == "card"


def test_a_notice_is_a_hint_and_kept_once(processor: Processor) -> None:
    payment = given_payment(given_customer(balance=0))
    for _ in range(3):
        receive_notice(gateway_name="memory", notice=Notice("n-1", "paid", payment=str(payment.public_id)))
    assert PaymentNotice.objects.get().payment == payment
    assert not Transaction.objects.exists(), "a notice credits nothing"
    for claim in ("", "no-uuid", "7ab1a3a5-0d57-4b3e-9c62-3c8e1a0c3d55"):
        receive_notice(gateway_name="memory", notice=Notice(f"n-{claim}", "paid", payment=claim))
    assert PaymentNotice.objects.filter(payment=None).count() == 3


@pytest.mark.parametrize(
    ("wrong", "problem"),
    [
        ({"totals": Totals(captured_minor=2499)}, "amount"),
        ({"totals": Totals(captured_minor=250_000)}, "amount"),
        ({"currency": "CAD"}, "currency"),
        ({"account": "900000-0001"}, "account"),
    ],
)
def test_another_charge_than_ours_credits_nothing(
    processor: Processor, wrong: dict[str, Any], problem: str
) -> None:
    customer = given_customer(balance=0)
    payment = given_payment(customer)
    processor.pay(payment, **wrong)
    for _ in range(2):
        payment = check_payment(payment_id=payment.pk)
    assert (payment.problem, payment.state, payment.next_check_at) == (problem, PaymentState.PENDING, None)
    assert not Transaction.objects.exists()
    assert payment.captured_minor == 0


def test_a_charge_pays_for_one_payment(processor: Processor) -> None:
    customer = given_customer(balance=0)
    first = given_paid(processor, customer)
    second = given_payment(customer, 3000)
    processor.pay(second, reference=first.processor_reference)
    assert check_payment(payment_id=second.pk).problem == "used_twice"
    assert balance(customer) == 2500


def test_a_card_charged_twice_for_one_payment_is_for_staff(processor: Processor) -> None:
    customer = given_customer(balance=0)
    payment = given_payment(customer)
    processor.pay(payment, others=("T-99",))
    payment = check_payment(payment_id=payment.pk)
    assert (payment.problem, payment.state, balance(customer)) == (
        "charged_twice",
        PaymentState.CAPTURED,
        2500,
    )


def test_a_late_word_is_believed_in_any_state(processor: Processor) -> None:
    customer = given_customer(balance=0)
    payment = given_payment(customer)
    processor.decline(payment)
    assert check_payment(payment_id=payment.pk).state == PaymentState.DECLINED
    other = given_payment(customer, 3000)
    with time_machine.travel(clock.now() + timedelta(days=3), tick=False):
        assert check_payment(payment_id=other.pk).state == PaymentState.CANCELED
        processor.pay(payment)
        processor.pay(other)
        check_payment(payment_id=payment.pk)
        check_payment(payment_id=other.pk)
    assert balance(customer) == 5500


# Everything that may happen to a charge, as the totals that the processor tells after it.
EVENTS = {
    "paid": Totals(2500, 0, 0, 0),
    "refunded": Totals(2500, 1000, 0, 0),
    "charged back": Totals(2500, 0, 1500, 0),
    "won back": Totals(2500, 0, 1500, 1500),
}


@pytest.mark.parametrize("size", range(1, 5))
def test_every_subset_and_order_of_events_comes_to_the_processors_own_state(
    processor: Processor, size: int
) -> None:
    """Answers arrive in any order, and twice; the books equal the largest of each amount, as the processor's final state."""
    for order in itertools.permutations(EVENTS, size):
        customer = given_customer(balance=0)
        payment = given_payment(customer)
        processor.pay(payment)
        charge = processor.charges[str(payment.public_id)]
        final = Totals()
        before = receivable()
        for event in (*order, *order[:2]):
            told = EVENTS[event]
            final = final.merged(told)
            apply_charge(payment_id=payment.pk, charge=type(charge)(**vars_of(charge) | {"totals": told}))
        expected = final.captured_minor - final.refunded_minor - final.disputed_minor
        assert balance(customer) == expected == receivable() - before, order
        row = Payment.objects.get(pk=payment.pk)
        assert row.totals == final
        assert wallet(customer).overdraft_minor == final.disputed_minor, order
    assert books_are_sound()


def vars_of(charge: Any) -> dict[str, Any]:
    return {name: getattr(charge, name) for name in charge.__dataclass_fields__}


def test_a_chargeback_of_spent_money_freezes_the_wallet_below_zero(processor: Processor) -> None:
    customer = given_customer(balance=0)
    payment = given_paid(processor, customer)
    with transaction.atomic():
        spend(customer, 2000)
    processor.add(payment, charged_back_minor=2500)
    assert check_payment(payment_id=payment.pk).state == PaymentState.DISPUTED
    assert (balance(customer), wallet(customer).overdraft_minor) == (-2000, 2500)
    with pytest.raises(DomainError) as refused:
        spend(customer, 1)
    assert refused.value.error_code == "account_frozen"
    with pytest.raises(NotAllowed):
        given_payment(customer, 1000)
    processor.add(payment, won_back_minor=2500)
    check_payment(payment_id=payment.pk)
    assert (balance(customer), wallet(customer).overdraft_minor) == (500, 0)
    assert books_are_sound()


def spend(customer: Customer, amount_minor: int) -> None:
    """A text at this price."""
    operator = given_operator(rate_per_message_minor=amount_minor)
    charge_message(
        customer=customer, operator=operator, brand=customer.home_brand, message_id=f"m-{operator.pk}"
    )


# -- saved cards


def test_a_charge_cut_off_after_it_was_sent_is_one_charge(processor: Processor) -> None:
    customer = given_customer(balance=0)
    given_paid(processor, customer)
    processor.cuts_off, processor.answers = True, False
    payment = start_saved_card_payment(customer=customer, brand=customer.home_brand, amount_minor=2000)
    for _ in range(3):
        assert charge_saved_card(payment_id=payment.pk).state == PaymentState.UNKNOWN
    with pytest.raises(Conflict) as refused:
        start_saved_card_payment(customer=customer, brand=customer.home_brand, amount_minor=2000)
    assert refused.value.error_code == "payment_unknown"
    with pytest.raises(Conflict):
        given_payment(customer, 1000)
    processor.answers = True
    assert charge_saved_card(payment_id=payment.pk).state == PaymentState.CAPTURED
    assert (len(processor.sent), balance(customer)) == (1, 4500)


def test_a_refused_card_is_declined_and_one_that_never_arrived_is_canceled(processor: Processor) -> None:
    customer = given_customer(balance=0)
    given_paid(processor, customer)
    processor.refuses = "No."
    payment = start_saved_card_payment(customer=customer, brand=customer.home_brand, amount_minor=2000)
    assert charge_saved_card(payment_id=payment.pk).state == PaymentState.DECLINED
    payment = start_saved_card_payment(customer=customer, brand=customer.home_brand, amount_minor=2000)
    Payment.objects.filter(pk=payment.pk).update(sent_at=clock.now())  # and the worker died
    assert charge_saved_card(payment_id=payment.pk).state == PaymentState.UNKNOWN
    Payment.objects.filter(pk=payment.pk).update(sent_at=clock.now() - timedelta(minutes=6))
    assert charge_saved_card(payment_id=payment.pk).state == PaymentState.CANCELED
    assert balance(customer) == 2500


@pytest.mark.django_db(transaction=True)
def test_taps_at_once_make_one_payment(processor: Processor) -> None:
    customer = given_customer(balance=0)
    given_paid(processor, customer)
    by_card = partial(
        start_saved_card_payment, customer=customer, brand=customer.home_brand, amount_minor=2000
    )
    on_the_page = partial(start_payment, customer=customer, brand=customer.home_brand, amount_minor=1000)
    taps = in_parallel(*[by_card] * 6, refusals=Conflict)
    assert counted(type(tap).__name__ for tap in taps) == {"Payment": 1, "Conflict": 5}
    taps = in_parallel(*[on_the_page] * 3, refusals=Conflict)
    assert counted(taps) == {"Conflict": 3}
    assert Payment.objects.filter(state=PaymentState.UNKNOWN).count() == 1


def test_a_second_tap_goes_on_with_the_same_payment(processor: Processor) -> None:
    customer = given_customer(balance=0)
    first = given_payment(customer)
    assert given_payment(customer).pk == first.pk
    assert given_payment(customer, 3000).pk != first.pk
    with time_machine.travel(clock.now() + timedelta(minutes=31)):
        assert given_payment(customer).pk != first.pk


# -- who may pay, and how much


def test_three_declines_close_the_page_for_a_day(processor: Processor) -> None:
    customer = given_customer(balance=0)
    for minor in (1000, 1100, 1200):
        payment = given_payment(customer, minor)
        processor.decline(payment)
        check_payment(payment_id=payment.pk)
    with pytest.raises(LimitReached) as refused:
        given_payment(customer)
    assert refused.value.error_code == "cards_closed"
    with time_machine.travel(clock.now() + timedelta(hours=24, minutes=1)):
        assert given_payment(customer).state == PaymentState.REDIRECTED


def test_ten_declines_close_a_network(processor: Processor) -> None:
    for number in range(10):
        customer = given_customer(balance=0)
        payment = given_payment(customer, 1000 + number)
        Payment.objects.filter(pk=payment.pk).update(network_hash=b"n" * 32)
        processor.decline(payment)
        check_payment(payment_id=payment.pk)
        Payment.objects.filter(pk=payment.pk).update(changed_at=clock.now() - timedelta(hours=1))
    stranger = given_customer(balance=0)
    with pytest.raises(LimitReached):
        start_payment(customer=stranger, brand=stranger.home_brand, amount_minor=2500, network_hash=b"n" * 32)
    assert given_payment(stranger)


def test_while_cards_are_tested_only_those_who_paid_before_may_pay(processor: Processor) -> None:
    regular = given_customer(balance=0)
    given_paid(processor, regular)
    payments = [given_payment(given_customer(balance=0), 1000 + number) for number in range(10)]
    for payment in payments:
        processor.decline(payment)
        check_payment(payment_id=payment.pk)
    with pytest.raises(LimitReached):
        given_payment(given_customer(balance=0))
    assert given_payment(regular, 3000)


def test_without_a_verified_phone_there_is_no_card_payment(processor: Processor) -> None:
    with pytest.raises(NotAllowed) as refused:
        given_payment(given_customer(balance=0, phone=False))
    assert refused.value.error_code == "phone_not_verified"


@pytest.mark.parametrize(("loaded", "amount", "is_fine"), [
    (0, 499, False), (0, 500, True), (0, 15_000, True), (0, 15_001, False), (10_000, 5_000, True), (10_000, 5_001, False),
])  # fmt: skip
def test_a_new_account_loads_so_much_a_day(
    processor: Processor, loaded: int, amount: int, is_fine: bool
) -> None:
    customer = given_customer(balance=0)
    if loaded:
        given_paid(processor, customer, loaded)
    if is_fine:
        assert given_payment(customer, amount)
        return
    with pytest.raises(LimitReached) as refused:
        given_payment(customer, amount)
    assert refused.value.error_code == "load_limit"


def test_it_goes_to_the_brands_merchant_account(processor: Processor) -> None:
    payment = given_payment(given_customer(balance=0))
    assert (payment.merchant_account.account, payment.statement_text) == (ACCOUNT, "NYCF*SUPPORT")


def test_of_500_tested_cards_at_most_20_reach_the_processor_and_a_customer_pays_meanwhile(
    processor: Processor,
) -> None:
    """From 50 addresses and 5 accounts; whatever is declined is tried again from the next address."""
    regular = given_customer(balance=0)
    given_paid(processor, regular)
    accounts = [given_customer(balance=0) for _ in range(5)]
    brand, reached = regular.home_brand, 0
    for number in range(500):
        try:
            payment = start_payment(
                customer=accounts[number % 5], brand=brand, amount_minor=1000 + number,
                network_hash=bytes([number % 50]) * 32,
            )  # fmt: skip
        except LimitReached:
            continue
        reached += 1
        processor.decline(payment)
        check_payment(payment_id=payment.pk)
        if number == 250:
            given_paid(processor, regular, 1000)
    given_paid(processor, regular, 3000)
    assert 0 < reached <= 20
    assert balance(regular) >= 5500
