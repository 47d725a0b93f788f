"""A phone that answers and presses nothing, as one that screens calls does: the page says so, and it counts against nobody."""

import re
from html import unescape

import pytest

from core.errors import DomainError
from customers.models import Customer
from telephony.models import Call
from telephony.services.initiate import initiate
from telephony.snapshots import customer_snapshot
from tests.scenario import customer_client, given_customer, given_operator, tell, the_call, when_called
from tests.support.phone_system import PhoneSystem

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def customer() -> Customer:
    return given_customer()


@pytest.fixture
def screened(customer: Customer) -> Call:
    """The customer's phone rang, answered, and nobody has pressed a key for four seconds."""
    call = when_called(customer, given_operator(slug="sarah", stage_name="Sarah"))
    tell(call, "ringing", at=1, leg="customer")
    tell(call, "answered", at=5, leg="customer")
    tell(call, "answered", at=9, leg="customer", key="none")
    return call


def page_of(call: Call) -> str:
    html = customer_client(call.customer).get(f"/operators/sarah/?call={call.call_id}").content.decode()
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", "", html)))


def test_the_page_says_that_nobody_pressed_1_until_the_operators_phone_rings(screened: Call) -> None:
    page = page_of(screened)
    assert "Your phone answered, but nobody pressed 1. If your phone screens calls, accept this one" in page
    tell(screened, "ringing", at=10, leg="operator")
    assert "nobody pressed 1" not in page_of(screened)


def test_an_answer_alone_says_nothing_yet(customer: Customer) -> None:
    call = when_called(customer, given_operator(slug="sarah", stage_name="Sarah"))
    tell(call, "answered", at=5, leg="customer")
    assert not customer_snapshot(the_call(call))["is_screened"]


@pytest.mark.parametrize(
    ("state", "why"), [("no_answer", "customer_no_key"), ("ended", "customer_cancelled")]
)
def test_how_it_ended_leads_to_what_helps(screened: Call, state: str, why: str) -> None:
    tell(screened, state, at=20, why=why, ended_by="customer")
    page = page_of(screened)
    assert "You weren’t charged." in page
    assert "If your phone screens calls, it doesn’t know us yet." in page
    assert "Make sure our calls get through" in page


def test_a_screened_call_never_counts_against_the_customer(
    phone_system: PhoneSystem, customer: Customer
) -> None:
    for why, state in [("customer_no_key", "no_answer"), ("customer_cancelled", "ended")] * 3:
        call = when_called(customer, given_operator())
        tell(call, "ringing", at=1, leg="customer")
        tell(call, "answered", at=5, leg="customer")
        tell(call, "answered", at=9, leg="customer", key="none")
        tell(call, state, at=20, why=why, ended_by="customer")
    assert initiate(customer=customer, operator_id=given_operator().pk).is_live


def test_a_call_that_is_canceled_while_it_rings_still_counts(
    phone_system: PhoneSystem, customer: Customer
) -> None:
    for _ in range(3):
        call = when_called(customer, given_operator())
        tell(call, "ringing", at=1, leg="customer")
        tell(call, "ended", at=3, why="customer_cancelled", ended_by="customer")
    with pytest.raises(DomainError, match="didn’t connect"):
        initiate(customer=customer, operator_id=given_operator().pk)
