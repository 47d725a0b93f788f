"""Calls that a fault of ours cut off: refunded before the receipt opens, once, up to a sum a week; the operator is paid."""

import os
import subprocess
import sys
from typing import Any

import pytest

from billing.auditing import run, scope_since
from billing.models import FreeMinutesPackage
from billing.refundable import bill_lines
from customers.models import Customer
from notices.models import Notice
from notices.states import NoticeKind
from operators.models import Operator
from telephony.faults import refund_reason
from telephony.models import Call
from telephony.states import EndedBy, EndReason
from tests.scenario import (
    JOINS_AT,
    customer_client,
    earned,
    epoch,
    given_customer,
    given_free_minutes,
    given_operator,
    tell,
    wallet,
    when_called,
)
from tools.environment import ROOT

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _thirty_seconds(settings: Any) -> None:
    settings.FAULT_REFUND_SECONDS = 30


def test_the_window_is_thirty_seconds_unless_it_is_set() -> None:
    environment = {k: v for k, v in os.environ.items() if k != "AEIMS_FAULT_REFUND_SECONDS"}
    program = "from aeims.product_settings import FAULT_REFUND_SECONDS; print(FAULT_REFUND_SECONDS)"
    answer = subprocess.run(
        [sys.executable, "-c", program], env=environment, cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert answer.stdout == "30\n"


def when_cut_off(customer: Customer, operator: Operator, seconds: float, why: str = "switch_lost") -> Call:
    """Joined, and ended for this reason after so many seconds of talk."""
    call = when_called(customer, operator)
    tell(call, "started", at=JOINS_AT, joined_at=epoch(call, JOINS_AT))
    left = JOINS_AT + seconds
    tell(
        call, "ended", at=left, why=why, ended_by="network", joined_ms=str(round(seconds * 1000)),
        joined_at=epoch(call, JOINS_AT), left_at=epoch(call, left),
    )  # fmt: skip
    return call


def test_cut_by_us_at_0_20_is_refunded_before_the_receipt_opens() -> None:
    customer, operator = given_customer(balance="45.00"), given_operator()
    call = when_cut_off(customer, operator, 20)
    assert wallet(customer) == (4500, 0)
    assert earned(operator) == 398, "the platform pays"
    page = customer_client(customer).get(f"/calls/{call.call_id}/").content.decode()
    assert "$4.98" in page
    assert "$0.00" in page
    assert Notice.objects.filter(kind=NoticeKind.REFUND).count() == 1
    assert sum(line.left_minor for line in bill_lines(call.call_id)) == 0
    assert list(run(scope_since(None))) == []


@pytest.mark.parametrize(("seconds", "is_refunded"), [(30, True), (30.001, False), (300, False)])
def test_after_thirty_seconds_it_was_a_call(seconds: float, is_refunded: bool) -> None:
    customer = given_customer(balance="45.00")
    when_cut_off(customer, given_operator(), seconds)
    assert (wallet(customer) == (4500, 0)) is is_refunded


def test_up_to_a_sum_a_week(settings: Any) -> None:
    settings.BILLING = {**settings.BILLING, "FAULT_REFUNDS_WEEK_MINOR": 1_000}
    customer = given_customer(balance="45.00")
    for expected in (4500, 4500, 4500 - 498):
        when_cut_off(customer, given_operator(), 20)
        assert wallet(customer) == (expected, 0)


def test_free_minutes_are_given_back_too() -> None:
    customer, operator = given_customer(balance="45.00"), given_operator()
    given_free_minutes(customer, 5)
    when_cut_off(customer, operator, 20)
    assert wallet(customer) == (4500, 0)
    returned = FreeMinutesPackage.objects.latest("id")
    assert (returned.seconds_remaining, returned.operator, returned.funded_by) == (60, operator, "platform")
    assert list(run(scope_since(None))) == []


@pytest.mark.parametrize("seconds", [0, 20])
def test_it_can_be_switched_off(settings: Any, seconds: float) -> None:
    settings.FAULT_REFUND_SECONDS = 0
    customer = given_customer(balance="45.00")
    when_cut_off(customer, given_operator(), seconds)
    assert wallet(customer) == (4500 - 498, 0)


@pytest.mark.parametrize(
    ("end_reason", "ended_by", "joined_ms", "is_refunded"),
    [
        (EndReason.SWITCH_LOST, EndedBy.NETWORK, 20_000, True),
        (EndReason.NODE_SILENT, EndedBy.NETWORK, 20_000, True),
        (EndReason.NOT_RENEWED, EndedBy.PLATFORM, 20_000, True),
        (EndReason.HANGUP, EndedBy.NETWORK, 20_000, True),
        (EndReason.UNHEARD, EndedBy.NETWORK, 20_000, False),  # presumed: the truth comes later
        (EndReason.HANGUP, EndedBy.CUSTOMER, 20_000, False),
        (EndReason.HANGUP, EndedBy.OPERATOR, 20_000, False),
        (EndReason.STAFF_ENDED, EndedBy.STAFF, 20_000, False),
        (EndReason.CREDIT_EXHAUSTED, EndedBy.PLATFORM, 20_000, False),
        (EndReason.MEDIA_LOST, EndedBy.NETWORK, 20_000, False),
        (EndReason.MEDIA_LOST, EndedBy.NETWORK, 999, True),
        (EndReason.SWITCH_LOST, EndedBy.NETWORK, None, False),
    ],
)
def test_the_table_of_end_reasons(
    end_reason: EndReason, ended_by: EndedBy, joined_ms: int | None, is_refunded: bool
) -> None:
    assert bool(refund_reason(end_reason, ended_by, joined_ms, within_ms=30_000)) is is_refunded
