"""How much is asked of the database does not grow with what is in it."""

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from billing.models import Authorization
from customers.api_tokens import issue_token
from telephony.models import Call
from tests.scenario import BRAND_HOST, api, customer_client, given_customer, given_operator, tell, when_called

pytestmark = pytest.mark.django_db


def queries(ask: Callable[[], Any]) -> int:
    """How many statements one request takes; the first request fills what is kept in memory."""
    assert ask().status_code == 200
    with CaptureQueriesContext(connection) as captured:
        assert ask().status_code == 200
    return len(captured)


def past_call(customer: Any) -> Call:
    call = when_called(customer, given_operator())
    tell(call, "started", at=10)
    tell(call, "ended", at=70)
    return Call.objects.select_related("authorization").get(pk=call.pk)


def copies(call: Call, number: int) -> None:
    """Many more calls like this one."""
    assert call.authorization is not None
    rows = []
    for n in range(number):
        authorization = Authorization.objects.get(pk=call.authorization_id)
        authorization.pk, authorization.reference = None, f"{call.call_id}-{n}"
        rows.append(authorization)
    made = Authorization.objects.bulk_create(rows)
    fields = {f.attname: getattr(call, f.attname) for f in Call._meta.concrete_fields if not f.primary_key}
    Call.objects.bulk_create(
        Call(**{**fields, "call_id": row.reference, "authorization_id": row.pk}) for row in made
    )


@pytest.mark.parametrize("path", ["/api/calls/?limit=100", "/dashboard/"])
def test_a_history_of_300_calls_asks_no_more_than_one_of_3(path: str) -> None:
    customer = given_customer(balance="500.00")
    call = past_call(customer)
    client = customer_client(customer)
    copies(call, 2)
    few = queries(lambda: client.get(path))
    copies(past_call(customer), 296)
    assert queries(lambda: client.get(path)) == few
    assert few <= 8  # of the history itself, who is here, and the figures around the page are one each


def test_the_status_of_a_call_takes_a_handful_of_queries_at_every_stage() -> None:
    customer = given_customer(balance="500.00")
    client, call = api(customer), when_called(customer, given_operator())

    def ask() -> Any:
        return client.get("/api/calls/status/", {"call_id": call.call_id})

    counts = [queries(ask)]
    tell(call, "started", at=10)
    counts.append(queries(ask))
    tell(call, "ended", at=70)
    counts.append(queries(ask))
    copies(Call.objects.select_related("authorization").get(pk=call.pk), 300)
    counts.append(queries(ask))
    assert len(set(counts)) == 1
    assert counts[0] <= 5  # session, user, customer, phones, call


@pytest.mark.parametrize("path", ["/api/operators/?limit=100", "/operators/"])
def test_a_directory_of_60_operators_asks_no_more_than_one_of_3(path: str) -> None:
    client = customer_client(given_customer())
    for _ in range(3):
        given_operator()
    few = queries(lambda: client.get(path))
    for _ in range(57):
        given_operator()
    assert queries(lambda: client.get(path)) == few
    assert few <= 9  # who is here, new agreements, how many each filter leaves, and the figures are one each


def test_an_event_takes_a_bounded_number_of_queries_whatever_the_history() -> None:
    customer = given_customer(balance="500.00")
    first = past_call(customer)

    def whole_call() -> int:
        call = when_called(customer, given_operator())
        with CaptureQueriesContext(connection) as captured:
            tell(call, "started", at=10)
            tell(call, "ended", at=70)
        return len(captured)

    few = whole_call()
    copies(first, 300)
    assert whole_call() == few


def test_a_balance_check_is_one_statement_behind_the_token() -> None:
    customer, operator = given_customer(balance="45.00", free_minutes=10), given_operator()
    headers = {"Host": BRAND_HOST, "Authorization": f"Token {issue_token(customer.user)}"}
    client = Client(headers=headers)
    address = f"/api/balance/check/?operator_id={operator.pk}"
    assert client.get(address).json()["balance"] == 45
    with CaptureQueriesContext(connection) as captured:
        assert client.get(address).status_code == 200
    reads = [query["sql"] for query in captured if "core_cache" not in query["sql"]]  # which counts requests
    assert ["authtoken_token" in sql for sql in reads] == [True, False]
