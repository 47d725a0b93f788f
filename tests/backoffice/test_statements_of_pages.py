"""What staff look at daily takes as many statements however much there is."""

import itertools

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from billing.ledger.states import TransactionKind
from billing.models import FundsRequest
from billing.states import FundsRequestState
from core import clock
from customers.models import Customer
from operators.models import Block, Operator, Rating
from telephony.models import Call
from tests.billing.test_cases import given_case
from tests.billing.test_received_outside import receive
from tests.factories import BrandFactory, StaffFactory
from tests.messaging.scenario import answer, text
from tests.scenario import (
    given_customer,
    given_free_minutes,
    given_operator,
    logged_in,
    when_called,
    when_talked,
)
from tests.web.test_socket_access import ADMIN_HOST

pytestmark = pytest.mark.django_db
_serial = itertools.count(1)
MOST = {
    "/": 12,  # of each part of the system one; whatever waits is counted by one
    "/backoffice/live-calls/": 3,
    "/backoffice/transactions/": 4,
    "/backoffice/cases/": 4,
    "/backoffice/payouts/": 12,
    "/backoffice/payments/": 4,
    "/backoffice/approvals/": 4,
    "/backoffice/held-earnings/": 4,
}


def given_history(customer: Customer, operator: Operator) -> None:
    """One more of everything that the two pages list."""
    call = when_called(customer, operator)
    when_talked(call, 60_000)
    given_case(customer, call)
    text(customer, operator)
    answer(operator, customer)
    other = given_customer(balance="20.00")
    text(other, operator)
    text(customer, given_operator())
    when_called(other, given_operator())
    number, at, brand = next(_serial), clock.now(), BrandFactory()
    receive(customer, reference=f"B-{number}", key=f"k-{number}")
    given_free_minutes(customer, 5)
    Rating.objects.create(
        customer=customer, operator=operator, brand=brand, thing="call", stars=5, reference=f"r-{number}", created_at=at
    )  # fmt: skip
    Block.objects.create(customer=customer, operator=given_operator(), blocked_by="customer")
    Block.objects.create(customer=given_customer(), operator=operator, blocked_by="operator")
    FundsRequest.objects.create(
        customer=customer, brand=brand, amount_minor=2500, created_at=at, state=FundsRequestState.DECLINED
    )


def counts(desk: Client, addresses: list[str]) -> dict[str, int]:
    taken = {}
    for address in addresses:
        desk.get(address)  # fills what is kept in memory
        with CaptureQueriesContext(connection) as captured:
            assert desk.get(address).status_code == 200
        taken[address] = len(captured)
    return taken


def test_pages_of_staff_ask_no_more_for_a_long_history_than_for_a_short_one() -> None:
    customer, operator = given_customer(balance="900.00"), given_operator()
    desk = logged_in(StaffFactory(), ADMIN_HOST)
    given_history(customer, operator)
    most = MOST | {f"/backoffice/customers/{customer.pk}/": 20, f"/backoffice/operators/{operator.pk}/": 25}
    few = counts(desk, list(most))
    for _ in range(2):
        given_history(customer, operator)
    assert Call.objects.filter(customer=customer, operator=operator).count() == 3
    many = counts(desk, list(most))
    assert many == few
    assert {address: taken for address, taken in many.items() if taken > most[address]} == {}


def test_what_all_transactions_come_to_is_added_up_on_demand() -> None:
    when_talked(when_called(given_customer(), given_operator(slug="sarah")), 60_000)
    desk = logged_in(StaffFactory(), ADMIN_HOST)
    address = "/backoffice/transactions/"
    for query in ("", f"?kind={TransactionKind.CALL}", "?to=2099-01-01"):
        with CaptureQueriesContext(connection) as captured:
            page = desk.get(f"{address}{query}").content.decode()
        assert not any("SUM(" in query["sql"] for query in captured.captured_queries)
        assert "Show totals of all results" in page
        assert "All results</caption>" not in page
    wanted = desk.get(address, {"kind": TransactionKind.CALL, "sums": "1"}).content.decode()
    assert "All results</caption>" in wanted
    assert "All results</caption>" in desk.get(address, {"operator": "sarah"}).content.decode()
