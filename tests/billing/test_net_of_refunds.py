"""What a customer spent is what they paid in the end: limits, pages, and the API take refunds and corrections off."""

import re
from datetime import timedelta
from typing import Any

import pytest

from billing.budget import read_budget
from billing.ledger.models import Transaction
from billing.services.adjust_settlement import adjust_settlement
from billing.services.refund import refund_reference
from billing.spending_limit import spent_this_month_minor
from core import clock
from core.errors import LimitReached
from customers.models import Customer
from messaging.services.send import send
from operators.models import Operator
from telephony.models import Call
from tests.scenario import (
    api,
    customer_client,
    given_credit,
    given_customer,
    given_debit,
    given_limit,
    given_operator,
    the_authorization,
    wallet,
    when_called,
    when_talked,
)
from tests.support.database_owner import as_owner, recount_quarter_hours

pytestmark = pytest.mark.django_db


@pytest.fixture
def customer() -> Customer:
    return given_customer(balance="45.00", daily_limit_minor=2_000)


@pytest.fixture
def sarah() -> Operator:
    return given_operator(slug="sarah", stage_name="Sarah", rate_per_message_minor=50)


def talked(customer: Customer, operator: Operator, milliseconds: int = 127_000) -> Call:
    call = when_called(customer, operator)
    when_talked(call, milliseconds)
    return call


def refund(reference: str, amount_minor: int | None = None) -> None:
    refund_reference(
        reference=reference, amount_minor=amount_minor, reason="bad line", actor=None, idempotency_key=f"k{amount_minor}"
    )  # fmt: skip


def spent(customer: Customer) -> tuple[int, int]:
    """Of today's limit, and in this month."""
    fresh = Customer.objects.select_related("user").get(pk=customer.pk)
    left = read_budget(customer.pk).limit_left_minor
    assert left is not None
    return 2_000 - left, spent_this_month_minor(fresh, clock.now())


def was_long_ago(*rows: Transaction) -> None:
    """Put rows of the books into an earlier month."""
    with as_owner() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("ALTER TABLE ledger_transaction DISABLE TRIGGER USER")
        cursor.execute(
            "UPDATE ledger_transaction SET created_at = %s WHERE id = ANY(%s)",
            [clock.now() - timedelta(days=40), [row.pk for row in rows]],
        )
        cursor.execute("ALTER TABLE ledger_transaction ENABLE TRIGGER USER")
        cursor.execute("SET CONSTRAINTS ALL DEFERRED")
    recount_quarter_hours()


def test_what_was_given_back_can_be_spent_again_today(customer: Customer, sarah: Operator) -> None:
    call = talked(customer, sarah)
    assert spent(customer) == (1_296, 1_296)
    refund(call.call_id, 399)
    assert spent(customer) == (897, 897)
    refund(call.call_id)
    assert spent(customer) == (0, 0)
    assert read_budget(customer.pk).limit_left_minor == 2_000


def test_a_text_that_was_refunded_is_not_spent(customer: Customer, sarah: Operator) -> None:
    sent = send(customer=customer, operator_id=sarah.pk, text="Hello").message
    assert spent(customer) == (50, 50)
    refund(sent.message_id)
    assert spent(customer) == (0, 0)


def test_a_refund_of_an_earlier_day_frees_nothing_of_today(customer: Customer, sarah: Operator) -> None:
    earlier = talked(customer, sarah)
    was_long_ago(*Transaction.objects.filter(reference=earlier.call_id))
    talked(customer, sarah, 30_000)
    assert spent(customer) == (498, 498)
    refund(earlier.call_id)
    assert spent(customer) == (498, 498)


@pytest.mark.parametrize(("truth", "expected"), [(30_000, 498), (170_000, 1_296), (121_000, 1_296)])
def test_a_correction_counts_on_the_day_of_its_call(
    customer: Customer, sarah: Operator, truth: int, expected: int
) -> None:
    call = talked(customer, sarah, 100_000)
    assert spent(customer) == (897, 897)
    adjust_settlement(authorization_id=the_authorization(call).pk, joined_ms=truth)
    assert spent(customer) == (expected, expected)
    assert 4_500 - wallet(customer)[0] == expected


def test_a_correction_of_an_earlier_call_is_not_of_today(customer: Customer, sarah: Operator) -> None:
    call = talked(customer, sarah, 100_000)
    was_long_ago(*Transaction.objects.filter(reference=call.call_id))
    adjust_settlement(authorization_id=the_authorization(call).pk, joined_ms=170_000)
    assert spent(customer) == (0, 0)


def test_a_refund_that_a_correction_gave_again_counts_once(customer: Customer, sarah: Operator) -> None:
    call = talked(customer, sarah)
    refund(call.call_id)
    adjust_settlement(authorization_id=the_authorization(call).pk, joined_ms=30_000)
    assert Transaction.objects.filter(reference=call.call_id, kind="adjustment").count() > 1
    assert spent(customer) == (0, 0)


def test_credits_and_debits_by_staff_are_not_spent(customer: Customer) -> None:
    given_credit(customer, 500)
    given_debit(customer, 300)
    assert spent(customer) == (0, 0)


def test_a_refund_lets_the_next_text_through_the_limit(customer: Customer, sarah: Operator) -> None:
    given_limit(customer, 60)
    customer.refresh_from_db()
    first = send(customer=customer, operator_id=sarah.pk, text="One").message
    with pytest.raises(LimitReached):
        send(customer=customer, operator_id=sarah.pk, text="Two")
    refund(first.message_id)
    assert send(customer=customer, operator_id=sarah.pk, text="Two").message.charged_minor == 50


def test_the_api_says_what_was_given_back_and_what_was_paid(customer: Customer, sarah: Operator) -> None:
    call, asks = talked(customer, sarah), api(customer)
    expected: dict[str, Any] = {"charged": 12.96, "refunded_amount": 0.0, "net_charged": 12.96}
    for given_back, paid in ((None, 12.96), (399, 8.97)):
        if given_back:
            refund(call.call_id, given_back)
            expected |= {"refunded_amount": 3.99, "net_charged": paid}
        one = asks.get("/api/calls/status/", {"call_id": call.call_id}).json()
        [listed] = asks.get("/api/calls/").json()["calls"]
        for told in (one, listed):
            assert {name: told[name] for name in expected} == expected
            assert re.fullmatch(r"C-\d{4,}-\d\d", told["receipt_number"])
    running = when_called(customer, sarah)
    assert asks.get("/api/calls/status/", {"call_id": running.call_id}).json()["net_charged"] is None


def test_the_api_says_what_was_paid_for_a_text_to_the_customer_alone(
    customer: Customer, sarah: Operator
) -> None:
    sent = send(customer=customer, operator_id=sarah.pk, text="Hello").message
    refund(sent.message_id, 20)
    query = {"operator_id": sarah.pk}
    [told] = api(customer).get("/api/messages/conversation/", query).json()["messages"]
    assert (told["charged"], told["refunded_amount"], told["net_charged"]) == (0.5, 0.2, 0.3)


def lines(customer: Customer, call: Call) -> dict[str, str]:
    """The figures of a receipt by their `data-part`."""
    page = customer_client(customer).get(f"/calls/{call.call_id}/").content.decode()
    return dict(re.findall(r'data-part="([a-z-]+)"\s*>([^<]*)<', page))


def test_a_receipt_says_what_was_given_back_and_what_remains(customer: Customer, sarah: Operator) -> None:
    call = talked(customer, sarah)
    assert "given-back" not in lines(customer, call)
    refund(call.call_id, 399)
    figures = lines(customer, call)
    assert (figures["sum-total"], figures["given-back"], figures["paid"]) == ("$12.96", "−$3.99", "$8.97")
    refund(call.call_id)
    figures = lines(customer, call)
    assert (figures["sum-total"], figures["given-back"], figures["paid"]) == ("$12.96", "−$12.96", "$0.00")
    dashboard = customer_client(customer).get("/dashboard/").content.decode()
    assert "$12.96 refunded." in dashboard


def test_a_receipt_says_what_a_correction_could_not_collect(customer: Customer, sarah: Operator) -> None:
    call = talked(customer, sarah, 100_000)
    given_debit(customer, wallet(customer)[0] - 200)
    adjust_settlement(authorization_id=the_authorization(call).pk, joined_ms=170_000)
    figures = lines(customer, call)
    assert (figures["sum-total"], figures["covered"], figures["paid"]) == ("$12.96", "−$1.99", "$10.97")


def test_the_page_where_a_call_ended_says_what_was_given_back_of_it(
    customer: Customer, sarah: Operator
) -> None:
    call = talked(customer, sarah)
    refund(call.call_id, 399)
    page = customer_client(customer).get(f"/operators/sarah/?call={call.call_id}").content.decode()
    figures = dict(re.findall(r'data-part="([a-z-]+)"\s*>([^<]*)<', page))
    assert (figures["sum-total"], figures["given-back"], figures["paid"]) == ("$12.96", "−$3.99", "$8.97")
