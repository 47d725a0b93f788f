"""What a call would cost and how long it could last, on the page and over HTTP."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from billing import selectors
from billing.push import wallet_message
from billing.services.authorize import authorize
from billing.services.settle import settle
from core.errors import InsufficientCredit
from customers.models import Customer
from tests.factories import BrandFactory, StaffFactory
from tests.scenario import given_customer, given_free_minutes, given_operator

pytestmark = pytest.mark.django_db


def client_of(customer: Customer) -> APIClient:
    client = APIClient()
    client.force_authenticate(customer.user)
    return client


def check(customer: Customer, operator_id: object) -> tuple[int, dict[str, object]]:
    answer = client_of(customer).get("/api/balance/check/", {"operator_id": operator_id})
    return answer.status_code, answer.json()


@pytest.fixture(autouse=True)
def _api_host(settings: object) -> None:
    """Any brand would do; the internal host needs no brand's host row."""
    settings.INTERNAL_HOSTS = ["testserver"]


def test_the_seed_s_case() -> None:
    customer, operator = given_customer(balance=4500), given_operator()
    given_free_minutes(customer, 10, operator=operator)
    given_free_minutes(customer, 7, operator=given_operator())
    status, answer = check(customer, operator.pk)
    assert status == 200
    assert answer == {
        "success": True,
        "balance": 45.0,
        "currency": "USD",
        "free_minutes": 10,
        "first_minutes": 0,
        "free_minutes_reserved": 0,
        "operator_rate": 3.99,
        "connect_fee": 0.99,
        "fees": [{"kind": "connect_fee", "name": "Connection fee", "amount": 0.99}],
        "estimated_duration": {"with_free_minutes": 10, "with_paid_balance": 11, "total_minutes": 21},
        "can_call": True,
        "required_balance": 0.99,
    }


def test_two_statements_beside_who_it_is() -> None:
    customer, operator = given_customer(balance=4500), given_operator()
    given_free_minutes(customer, 10)
    client = client_of(customer)
    with CaptureQueriesContext(connection) as turns:
        client.get("/api/balance/check/", {"operator_id": operator.pk})
    assert len(turns) <= 2


def test_free_minutes_count_for_nothing_if_the_fee_cannot_be_paid() -> None:
    customer, operator = given_customer(balance=50), given_operator()
    given_free_minutes(customer, 10)
    answer = check(customer, operator.pk)[1]
    assert answer["estimated_duration"] == {
        "with_free_minutes": 0,
        "with_paid_balance": 0,
        "total_minutes": 0,
    }
    assert (answer["can_call"], answer["required_balance"], answer["free_minutes"]) == (False, 0.99, 10)


def test_without_a_wallet_the_balance_is_nothing() -> None:
    answer = check(given_customer(balance=0), given_operator().pk)[1]
    assert (answer["balance"], answer["free_minutes"], answer["required_balance"]) == (0.0, 0, 4.98)


def test_what_is_held_for_a_call_is_not_available() -> None:
    customer, operator = given_customer(balance=4500), given_operator()
    authorize(customer=customer, operator=operator, brand=BrandFactory(), reference="call_1")
    assert check(customer, operator.pk)[1]["balance"] == 32.04


@pytest.mark.parametrize(
    ("operator_id", "status", "code"),
    [
        ("", 400, "invalid"),
        ("abc", 400, "invalid"),
        ("-1", 400, "invalid"),
        ("1.5", 400, "invalid"),
        ("9" * 30, 400, "invalid"),
        ("0", 404, "not_found"),
        ("999999999", 404, "not_found"),
    ],
)
def test_an_operator_that_is_none(operator_id: str, status: int, code: str) -> None:
    found, answer = check(given_customer(balance=4500), operator_id)
    assert (found, answer["success"], answer["code"]) == (status, False, code)


def test_only_customers_have_a_balance() -> None:
    client, operator = APIClient(), given_operator()
    assert client.get("/api/balance/check/", {"operator_id": operator.pk}).status_code in {401, 403}
    client.force_authenticate(StaffFactory())
    assert client.get("/api/balance/check/", {"operator_id": operator.pk}).status_code == 403


@pytest.mark.parametrize("balance", [0, 98, 99, 497, 498, 499, 896, 897, 4500, 99_999])
@pytest.mark.parametrize("minutes", [0, 1, 3])
def test_quote_authorization_and_bill_agree(balance: int, minutes: int) -> None:
    customer, operator = given_customer(balance=balance), given_operator()
    if minutes:
        given_free_minutes(customer, minutes)
    quote = selectors.quote(customer, operator, BrandFactory())
    assert quote.total_minutes == quote.free_minutes_of_call + quote.paid_minutes_of_call
    if not quote.may_start:
        with pytest.raises(InsufficientCredit) as refused:
            authorize(customer=customer, operator=operator, brand=BrandFactory(), reference="call_1")
        assert refused.value.extra == {"balance_minor": balance, "required_minor": quote.required_minor}
        assert balance < quote.required_minor
        return
    authorization = authorize(customer=customer, operator=operator, brand=BrandFactory(), reference="call_1")
    assert authorization.granted_seconds == min(180, quote.affordable_seconds)
    assert selectors.estimated_minutes(authorization) == quote.total_minutes
    for second in (1, 60, 61, authorization.granted_seconds):
        assert authorization.cost_minor(second) <= authorization.held_minor
    expected = authorization.cost_minor(61)
    settle(authorization_id=authorization.pk, joined_ms=61_999)
    assert selectors.wallet_of(customer.pk).balance_minor == balance - expected
    assert selectors.receipt_of("call_1").charged_minor == expected


def test_the_wallet_on_open_pages() -> None:
    customer = given_customer(balance=4500)
    given_free_minutes(customer, 10)
    authorize(customer=customer, operator=given_operator(), brand=BrandFactory(), reference="call_1")
    message = wallet_message(customer.pk)
    assert message.pop("sequence") > 0
    assert message == {
        "type": "wallet",
        "balance_minor": 4500 - 99,
        "held_minor": 99,
        "spendable_minor": 4500 - 99,
        "currency": "USD",
        "free_seconds": 0,
    }
