"""A call that ends at once: nothing is charged, nothing is paid."""

import os
import subprocess
import sys
from typing import Any

import pytest

from tests.scenario import (
    assert_everything_released,
    customer_client,
    earned,
    given_customer,
    given_free_minutes,
    given_operator,
    ledger_of,
    the_call,
    wallet,
    when_called,
    when_talked,
)
from tools.environment import ROOT

pytestmark = pytest.mark.django_db(transaction=True)


def test_the_grace_is_three_seconds_unless_it_is_set() -> None:
    environment = {name: value for name, value in os.environ.items() if name != "AEIMS_GRACE_SECONDS"}
    program = "from aeims.product_settings import BILLING; print(BILLING['GRACE_SECONDS'])"
    answer = subprocess.run(
        [sys.executable, "-c", program], env=environment, cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert answer.stdout == "3\n"


@pytest.mark.parametrize(("milliseconds", "charged", "paid"), [(42, 0, 0), (2999, 0, 0), (3000, 498, 398)])
def test_within_the_grace_nothing_is_charged_or_paid(
    settings: Any, milliseconds: int, charged: int, paid: int
) -> None:
    settings.BILLING = {**settings.BILLING, "GRACE_SECONDS": 3}
    call = when_called(given_customer(balance="45.00"), given_operator())
    when_talked(call, milliseconds)
    assert wallet(call.customer) == (4500 - charged, 0)
    assert earned(call.operator) == paid
    assert bool(ledger_of(call)) == bool(charged)
    assert the_call(call).status == "ended"
    assert_everything_released(call)


def test_within_the_grace_no_free_minute_is_used(settings: Any) -> None:
    settings.BILLING = {**settings.BILLING, "GRACE_SECONDS": 3}
    customer = given_customer(balance="45.00")
    package = given_free_minutes(customer, 5)
    when_talked(when_called(customer, given_operator()), 2500)
    package.refresh_from_db()
    assert package.seconds_remaining == 300
    assert wallet(customer) == (4500, 0)


@pytest.mark.parametrize(("grace", "is_said"), [(3, True), (0, False)])
def test_the_page_of_prices_says_so(settings: Any, grace: int, is_said: bool) -> None:
    settings.BILLING = {**settings.BILLING, "GRACE_SECONDS": grace}
    page = " ".join(customer_client(given_customer()).get("/help/pricing/").content.decode().split())
    assert ("Hang up within the first 3 seconds and you pay nothing" in page) == is_said
