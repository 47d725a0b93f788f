"""The API against its own document: whatever a program sends, the answer has a documented shape and never breaks us."""

import json
from collections import Counter
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from rest_framework.test import APIClient
from rest_framework.throttling import ScopedRateThrottle
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from aeims.urls.api import urlpatterns
from aeims.wsgi import application
from customers.api_tokens import issue_token
from telephony.models import Call
from tests.factories import BrandFactory
from tests.scenario import BRAND_HOST, api, given_customer, given_operator, tell, when_called
from tests.support.phone_system import PhoneSystem

pytestmark = pytest.mark.django_db(transaction=True)

DOCUMENT = "/api/schema/?format=json"
# What programs and pages call, and the names that pages reverse.
ADDRESSES: dict[str, str | None] = {
    "telephony/events/": None,
    "calls/": "api-calls",
    "calls/initiate/": "api-initiate",
    "calls/status/": "api-status",
    "calls/hangup/": "api-hangup",
    "calls/active/": "api-active",
    "operators/": "api-operators",
    "operators/<int:operator_id>/": "api-operator",
    "balance/check/": "api-balance",
    "messages/send/": "api-send",
    "messages/reply/": "api-reply",
    "messages/conversation/": "api-conversation",
    "messages/read/": "api-read",
    "messages/draft/": "api-draft",
    "messages/block/": "api-block",
    "messages/report/": "api-report",
    "sms/inbound/": "sms-inbound",
    "sms/status/<str:reference>/": "sms-status",
    "schema/": "schema",
    "docs/": "api-docs",
}
PREDECESSORS = (
    "calls/initiate", "calls/status", "calls/hangup", "messages/send", "messages/conversation", "balance/check",
)  # fmt: skip
CHECKS = (
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
)


def document() -> dict[str, Any]:
    BrandFactory()
    response = APIClient(HTTP_HOST=BRAND_HOST).get(DOCUMENT)
    assert response.status_code == 200
    return dict(json.loads(response.content))


def test_the_document_and_its_pages_are_open_to_all() -> None:
    told = document()
    assert told["info"]["title"] == "AEIMS"
    assert {"/api/calls/initiate/", "/api/calls/status/", "/api/balance/check/", "/api/operators/"} <= set(
        told["paths"]
    )
    assert not any(path.endswith(".php") for path in told["paths"])
    assert "session" in told["components"]["securitySchemes"]
    page = APIClient(HTTP_HOST=BRAND_HOST).get("/api/docs/")
    assert page.status_code == 200
    assert b"swagger-ui" in page.content
    assert b"cdn." not in page.content  # everything from our own host


def test_operations_are_named_after_what_they_do() -> None:
    names = {
        operation["operationId"]
        for operations in document()["paths"].values()
        for operation in operations.values()
    }
    assert {"calls_list", "calls_initiate_create", "operators_list", "operators_retrieve", "messages_send_create",
            "balance_check_retrieve"} <= names  # fmt: skip


def test_every_address_is_where_it_always_was() -> None:
    addresses = {str(entry.pattern): entry.name for entry in urlpatterns}
    aliases = dict.fromkeys([f"{old}.php{slash}" for old in PREDECESSORS for slash in ("", "/")])
    assert addresses.items() >= (ADDRESSES | aliases).items()


def test_every_operation_is_documented_with_its_errors() -> None:
    for path, operations in document()["paths"].items():
        for operation in operations.values():
            assert operation["description"], path
            assert {"200", "default"} <= set(operation["responses"])


@pytest.mark.slow
def test_whatever_a_program_sends_is_answered_in_a_documented_shape(
    phone_system: PhoneSystem, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        ScopedRateThrottle, "THROTTLE_RATES", {"calls": None, "reads": None, "messages": None}
    )
    customer = given_customer(balance="500.00")
    past = when_called(customer, given_operator())
    tell(past, "started", at=10)
    tell(past, "ended", at=70)
    given_operator()
    headers = {"Host": BRAND_HOST, "Authorization": f"Token {issue_token(customer.user)}"}
    schema = schemathesis.openapi.from_wsgi(DOCUMENT, application, headers=headers)
    operations = [found.ok() for found in schema.get_all_operations()]
    assert len(operations) >= 10
    answered: Counter[int] = Counter()
    for operation in operations:
        send_many(operation, headers, answered)
    assert {200, 400, 404} <= set(answered)
    assert Call.objects.get(pk=past.pk).charged_seconds == 60


def send_many(operation: Any, headers: dict[str, str], answered: Counter[int]) -> None:
    @settings(max_examples=12, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
    @given(case=operation.as_strategy())
    def send(case: Any) -> None:
        case.headers = {**(case.headers or {}), **headers}
        answered[case.call_and_validate(checks=CHECKS).status_code] += 1

    send()


@pytest.mark.parametrize(
    "query",
    ["language=%00", "language=%ED%A0%80", "max_rate=NaN", "max_rate=1e400", "max_rate=-1", "max_rate=0.001", "limit=0",
     "limit=101", "limit=%D9%A1", "after=9-9", "after=0-" + "9" * 30, "presence=away", "presence=online"],
)  # fmt: skip
def test_the_directory_answers_any_question(query: str) -> None:
    given_operator()
    response = APIClient(HTTP_HOST=BRAND_HOST).get(f"/api/operators/?{query}")
    assert response.status_code in (200, 400)
    assert response.json()["success"] is (response.status_code == 200)


@pytest.mark.parametrize(
    "query", ["before=x", "before=-1", "before=" + "9" * 19, "limit=0", "limit=1000", "limit=x"]
)
def test_a_place_in_the_history_that_is_none_is_invalid(query: str) -> None:
    client = api(given_customer())
    response = client.get(f"/api/calls/?{query}")
    assert (response.status_code, response.json()["code"]) == (400, "invalid")
