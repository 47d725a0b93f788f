"""Giving money back: in full, in part, by whom, once, and never more than was charged."""

import pytest
from django.db import transaction
from hypothesis import example, given, settings
from hypothesis import strategies as st

from billing import sale_postings, selectors
from billing.domain_events import funds_available
from billing.ledger import accounts
from billing.ledger.models import Account, Entry, Transaction
from billing.ledger.posting import post
from billing.refundable import refunded_minor
from billing.services.authorize import authorize
from billing.services.charge_message import charge_message
from billing.services.refund import Refund, refund_reference, refund_transaction
from billing.services.settle import settle
from core.errors import Conflict, DomainError, Invalid, NotFound
from core.models import AuditRecord
from core.money import split
from customers.models import Customer
from operators.models import Operator, OperatorDay
from tests.factories import BrandFactory, StaffFactory
from tests.scenario import given_customer, given_free_minutes, given_operator
from tests.support.database_owner import as_owner
from tests.support.threads import counted, in_parallel

pytestmark = pytest.mark.django_db


def a_message(balance_minor: int = 1000, **terms: int) -> tuple[Customer, Operator, Transaction]:
    customer, operator = given_customer(balance=balance_minor), given_operator(**terms)
    charge_message(customer=customer, operator=operator, brand=BrandFactory(), message_id="msg_1")
    return customer, operator, Transaction.objects.get(reference="msg_1")


def a_call() -> tuple[Customer, Operator]:
    """Three minutes of 3.99, one of them free and platform-funded, and a fee of 0.99: 8.97."""
    customer, operator = given_customer(balance=4500), given_operator()
    given_free_minutes(customer, 1)
    call = authorize(customer=customer, operator=operator, brand=BrandFactory(), reference="call_1")
    settle(authorization_id=call.pk, joined_ms=180_000)
    return customer, operator


def give(reference: str = "msg_1", amount_minor: int | None = None, key: str = "k", **more: object) -> Refund:
    fields = {"reason": "asked for it", "actor": None, "idempotency_key": key, **more}
    return refund_reference(reference=reference, amount_minor=amount_minor, **fields)  # type: ignore[arg-type]


def owed(operator: Operator) -> int:
    return Account.objects.get(kind="payable", operator=operator).balance_minor


def test_a_whole_refund_undoes_the_sale_and_names_it() -> None:
    customer, operator, sale = a_message()
    done = give()
    assert (done.amount_minor, done.operator_minor, done.platform_minor, done.is_new) == (50, 40, 10, True)
    refund = Transaction.objects.get(pk=done.transaction_ids[0])
    assert (refund.kind, refund.reverses, refund.reference) == ("refund", sale, "msg_1")
    assert selectors.wallet_of(customer.pk).balance_minor == 1000
    assert owed(operator) == 0
    assert OperatorDay.objects.get(operator=operator).earned_minor == 0


def test_the_platform_can_pay_it_all() -> None:
    customer, operator, _ = a_message()
    done = give(claws_back=False)
    assert (done.operator_minor, done.platform_minor) == (0, 50)
    assert owed(operator) == 40
    assert selectors.wallet_of(customer.pk).balance_minor == 1000


def test_a_call_is_refunded_whole_talk_and_fee_and_its_promotion_stays() -> None:
    customer, operator = a_call()
    paid = selectors.receipt_of("call_1").charged_minor
    promo = Transaction.objects.get(kind="promo", reference="call_1").amount_minor
    done = give("call_1")
    assert (done.amount_minor, len(done.transaction_ids)) == (paid, 2)
    assert selectors.wallet_of(customer.pk).balance_minor == 4500
    assert owed(operator) == promo


def test_a_part_of_a_call_comes_out_of_the_talk_first() -> None:
    _, _ = a_call()
    talk = Transaction.objects.get(kind="call")
    fee = Transaction.objects.get(kind="connect_fee")
    give("call_1", 100)
    assert (refunded_minor(talk), refunded_minor(fee)) == (100, 0)
    give("call_1", talk.amount_minor - 100 + 60, key="k2")
    assert (refunded_minor(talk), refunded_minor(fee)) == (talk.amount_minor, 60)
    assert give("call_1", key="k3").amount_minor == fee.amount_minor - 60


def test_never_more_than_was_charged() -> None:
    _, _, sale = a_message()
    give(amount_minor=30)
    with pytest.raises(Invalid) as refused:
        give(amount_minor=21, key="k2")
    assert (refused.value.error_code, refused.value.extra["left_minor"]) == ("too_much", 20)
    give(key="k3")
    with pytest.raises(Conflict) as nothing:
        give(key="k4")
    assert nothing.value.error_code == "nothing_left"
    assert refunded_minor(sale) == 50


def test_a_repeat_gives_the_same_answer_and_no_money() -> None:
    customer, _, sale = a_message()
    first = give(amount_minor=20)
    again = give(amount_minor=20)
    assert again == Refund(first.transaction_ids, 20, 16, 4, is_new=False)
    assert selectors.wallet_of(customer.pk).balance_minor == 970
    for other in ({"amount_minor": 30}, {"amount_minor": 20, "reason": "another"}):
        with pytest.raises(Conflict) as refused:
            give(**other)  # type: ignore[arg-type]
        assert refused.value.error_code == "idempotency_conflict"
    whole = refund_transaction(transaction_id=sale.pk, reason="rest", actor=None, idempotency_key="w")
    assert refund_transaction(
        transaction_id=sale.pk, reason="rest", actor=None, idempotency_key="w"
    ).transaction_ids == (whole.transaction_ids)


@pytest.mark.parametrize(
    "asked",
    [
        {"amount_minor": 0},
        {"amount_minor": -1},
        {"reason": "  "},
        {"reason": "x" * 301},
        {"key": ""},
        {"key": "k" * 151},
    ],
)
def test_what_makes_no_sense_is_refused(asked: dict[str, object]) -> None:
    a_message()
    with pytest.raises(Invalid):
        give(**asked)  # type: ignore[arg-type]


def test_only_sales_can_be_refunded() -> None:
    customer, _, _ = a_message()
    credit = Transaction.objects.get(kind="adjustment", customer=customer)
    done = give()
    for transaction_id in (credit.pk, done.transaction_ids[0], 10**9):
        with pytest.raises(NotFound):
            refund_transaction(transaction_id=transaction_id, reason="no", actor=None, idempotency_key="x")
    for reference in ("", "call_unknown"):
        with pytest.raises(NotFound):
            give(reference, key="y")


def test_who_and_why_are_on_record_and_whoever_waits_for_funds_hears(
    django_capture_on_commit_callbacks: object,
) -> None:
    customer, _, sale = a_message()
    staff, heard = StaffFactory(), []
    listener = funds_available.listener(lambda *, customer_id: heard.append(customer_id))
    try:
        with django_capture_on_commit_callbacks(execute=True):  # type: ignore[operator]
            give(actor=staff)
    finally:
        funds_available._listeners.remove(listener)
    record = AuditRecord.objects.get(action="transaction.refund")
    assert (record.actor, record.reason, record.subject) == (
        staff,
        "asked for it",
        f"ledger.transaction:{sale.pk}",
    )
    assert record.details["amount_minor"] == 50
    assert heard == [customer.pk]


def test_an_operator_who_was_paid_out_owes_what_is_clawed_back() -> None:
    _, operator, _ = a_message()
    with as_owner():
        Account.objects.filter(kind="payable", operator=operator).update(balance_minor=0)
    give()
    assert owed(operator) == -40


@pytest.mark.slow
@settings(max_examples=40, deadline=None)
@given(
    price=st.integers(1, 9999),
    share=st.integers(0, 10_000),
    cuts=st.lists(st.tuples(st.integers(1, 5000), st.booleans()), max_size=6),
)
@example(price=211, share=119, cuts=[(1, True), (35, True)])  # parts that round to nothing
def test_any_number_of_parts_gives_back_exactly_what_was_paid(
    price: int, share: int, cuts: list[tuple[int, bool]]
) -> None:
    customer, _operator, sale = sold(price, share)
    for n, (amount, claws_back) in enumerate(cuts):
        left = price - refunded_minor(sale)
        if left:
            refund_transaction(
                transaction_id=sale.pk, amount_minor=min(amount, left), reason="part", actor=None,
                claws_back=claws_back, idempotency_key=f"{sale.pk}-{n}",
            )  # fmt: skip
        assert 0 <= owed_for(sale) <= sale.operator_minor
    if refunded_minor(sale) < price:
        refund_transaction(transaction_id=sale.pk, reason="rest", actor=None, idempotency_key=f"{sale.pk}")
    assert selectors.wallet_of(customer.pk).balance_minor == price
    if all(claws_back for _, claws_back in cuts):
        assert owed_for(sale) == 0


@transaction.atomic
def sold(price: int, share: int) -> tuple[Customer, Operator, Transaction]:
    """A sale of its own people."""
    customer, operator = given_customer(balance=price), given_operator()
    reference = f"msg_{operator.pk}"
    post(
        sale_postings.for_message(
            split(price, share),
            sale_postings.Parties(
                customer_id=customer.pk,
                wallet_id=accounts.wallet(customer_id=customer.pk, currency="USD").pk,
                operator_id=operator.pk,
                payable_id=accounts.payable_id(operator_id=operator.pk, currency="USD"),
                brand_id=BrandFactory().pk,
                currency="USD",
            ),
            tax=sale_postings.Tax(),
            rate_minor=price,
            message_id=reference,
        )
    )
    return customer, operator, Transaction.objects.get(reference=reference)


def owed_for(sale: Transaction) -> int:
    """What the operator still has of a sale."""
    payable = Account.objects.get(kind="payable", operator=sale.operator)
    return sum(Entry.objects.filter(account=payable).values_list("amount_minor", flat=True))


@pytest.mark.django_db(transaction=True)
def test_thirty_refunds_at_once_of_a_fifth_each_are_five() -> None:
    customer, operator, sale = a_message()
    jobs = [lambda n=n: give(amount_minor=10, key=f"k{n}").amount_minor for n in range(30)]
    assert counted(in_parallel(*jobs, refusals=DomainError)) == {10: 5, "Conflict": 25}
    assert (refunded_minor(sale), owed(operator)) == (50, 0)
    assert selectors.wallet_of(customer.pk).balance_minor == 1000


@pytest.mark.django_db(transaction=True)
def test_one_key_at_once_is_one_refund() -> None:
    customer, _, sale = a_message()
    outcomes = in_parallel(*[lambda: give(amount_minor=10).is_new] * 20)
    assert counted(outcomes) == {False: 19, True: 1}
    assert (refunded_minor(sale), selectors.wallet_of(customer.pk).balance_minor) == (10, 960)
