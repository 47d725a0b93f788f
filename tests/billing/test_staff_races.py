"""Two of the staff at once: the second waits for the first, sees what was done, and is refused."""

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import connection, connections, transaction

from billing import selectors
from billing.ledger.models import Account
from billing.models import FundsRequest
from billing.services.charge_message import charge_message
from billing.services.record_payout import record_payout
from billing.services.request_funds import credit_request, decline_request, request_funds
from billing.states import CreditSource
from core.errors import Conflict
from tests.factories import BrandFactory, StaffFactory
from tests.scenario import given_customer, given_operator
from tests.support.waiting import WAITING

pytestmark = pytest.mark.django_db(transaction=True)


def one_after_the_other(first: Callable[[], Any], second: Callable[[], Any]) -> Any:
    """`second` begins while `first` is not yet committed; what became of it."""

    def run() -> Any:
        try:
            return second()
        except Conflict as refused:
            return refused.error_code
        finally:
            connections.close_all()

    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic():
            first()
            begun = pool.submit(run)
            wait_until_somebody_waits()
        return begun.result(timeout=30)


def wait_until_somebody_waits() -> None:
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        with connection.cursor() as cursor:
            cursor.execute(WAITING)
            if cursor.fetchone()[0]:
                return
        time.sleep(0.01)
    raise AssertionError("nobody waits")


def test_two_payouts_of_all_that_is_owed_are_one() -> None:
    customer, operator, staff = given_customer(balance=1000), given_operator(), StaffFactory()
    charge_message(customer=customer, operator=operator, brand=BrandFactory(), message_id="msg_1")

    def pay(key: str) -> Any:
        return record_payout(
            operator=operator,
            amount_minor=40,
            reason="bank 1",
            actor=staff,
            idempotency_key=key,
            is_early=True,
        )

    assert one_after_the_other(lambda: pay("a"), lambda: pay("b")) == "more_than_owed"
    assert Account.objects.get(kind="payable", operator=operator).balance_minor == 0


def test_a_request_for_funds_is_answered_once() -> None:
    customer, staff, colleague = given_customer(balance=0), StaffFactory(), StaffFactory()
    request = request_funds(customer=customer, brand=BrandFactory(), amount_minor=2000)
    outcome = one_after_the_other(
        lambda: decline_request(request_id=request.pk, reason="No.", actor=staff),
        lambda: credit_request(
            request_id=request.pk,
            amount_minor=2000,
            source=CreditSource.ADJUSTMENT,
            reason="Yes.",
            actor=colleague,
        ),
    )
    assert outcome == "already_handled"
    assert selectors.wallet_of(customer.pk).balance_minor == 0
    assert FundsRequest.objects.get().state == "declined"
