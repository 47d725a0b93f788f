"""The API's door: whatever stands at it, by whichever of its addresses, is answered in the one shape."""

import hashlib
import json
from typing import Any

import pytest
from django.test import Client
from rest_framework.test import APIClient

from aeims.urls.api import PREDECESSORS
from core.models import IdempotentAnswer
from messaging.models import Message
from telephony.models import Call
from tests.messaging.scenario import between, text
from tests.scenario import BRAND_HOST, api, given_customer, given_operator, tell, wallet, when_called
from tests.support.phone_system import PhoneSystem

pytestmark = pytest.mark.django_db(transaction=True)

SEND = "/api/messages/send/"
INITIATE = "/api/calls/initiate/"


def assert_error(response: Any, status: int, code: str) -> None:
    assert (response.status_code, response["Content-Type"]) == (status, "application/json")
    told = json.loads(response.content)
    assert (told["success"], told["code"]) == (False, code)
    assert told["error"]


# -- bodies


@pytest.mark.parametrize(
    "body",
    [
        b'{"operator_id": 1, "message_text": "x", "message_type": "\\ud800"}',
        b'{"operator_id": 1, "message_text": "\\ud800"}',
        b'{"operator_id": 1, "message_text": "x", "\\udc00": 1}',
        b"[" * 100_000,
        b'{"a":' * 20_000 + b"1" + b"}" * 20_000,
        b'{"operator_id":' + b"9" * 6_000 + b"}",
        b'{"operator_id": NaN}',
        b"\xff",
        b"",
    ],
    ids=["half a character in a choice", "in a text", "in a name", "deep list", "deep object", "long number", "NaN",
         "no text", "nothing"],
)  # fmt: skip
def test_a_body_that_cannot_be_understood_is_invalid(body: bytes) -> None:
    response = api(given_customer()).post(SEND, body, content_type="application/json")
    assert_error(response, 400, "invalid")


def test_a_body_as_deep_as_is_read_can_be_kept_with_its_key(phone_system: PhoneSystem) -> None:
    customer, operator = given_customer(), given_operator()
    for depth in range(990, 0, -10):
        more = "[" * depth + "]" * depth
        body = f'{{"operator_id": {operator.pk}, "message_text": "x", "more": {more}}}'
        response = api(customer).post(
            SEND, body, content_type="application/json", HTTP_IDEMPOTENCY_KEY="deep"
        )
        if response.status_code == 200:
            break
        assert_error(response, 400, "invalid")
    assert Message.objects.count() == 1


# -- numbers in addresses


@pytest.mark.parametrize("zeros", ["0" * 8, "0" * 19, "0" * 30])
def test_zeros_before_a_number_do_not_carry_it_past_its_limit(zeros: str) -> None:
    client = api(given_customer())
    for path in ("/api/calls/", "/api/operators/", "/api/messages/conversation/?operator_id=1&"):
        assert_error(
            client.get(path.rstrip("&") + ("&" if "?" in path else "?") + f"limit={zeros}1999"),
            400,
            "invalid",
        )
    for name in ("operator_id", "conversation_id"):
        for tail in ("1" + "9" * 40, "1" + "9" * 5_000):
            assert_error(client.get(f"/api/messages/conversation/?{name}={zeros}{tail}"), 400, "invalid")


# -- addresses


def test_an_address_without_its_slash_keeps_the_method_and_the_body() -> None:
    response = api(given_customer()).post(SEND.rstrip("/"), {"operator_id": 0})
    assert (response.status_code, response["Location"]) == (308, SEND)


@pytest.mark.parametrize("old", PREDECESSORS)
def test_the_predecessors_addresses_answer_with_and_without_a_slash(old: str) -> None:
    client, operator = api(given_customer()), given_operator()
    query = {"operator_id": operator.pk}
    new = client.get(f"/api/{old}/", query)
    for slash in ("", "/"):
        response = client.get(f"/api/{old}.php{slash}", query)
        assert (response.status_code, response.content) == (new.status_code, new.content)


def test_an_unknown_host_is_told_so_in_json_where_a_program_asks() -> None:
    assert_error(Client(headers={"Host": "nobody.localhost"}).get("/api/calls/"), 400, "invalid")


@pytest.mark.parametrize("method", ["get", "put", "patch", "delete"])
def test_a_method_that_an_address_does_not_know_is_told_in_the_one_shape(method: str) -> None:
    assert_error(getattr(api(given_customer()), method)(SEND), 405, "method_not_allowed")


def test_a_form_with_files_and_an_unknown_page_are_told_in_the_one_shape() -> None:
    client = api(given_customer())
    assert_error(
        client.post(SEND, {"operator_id": "1"}, format=None, content_type="text/plain"),
        415,
        "unsupported_media_type",
    )
    for path in ("/api/", "/api/nothing/", "/api/calls/list.php"):
        assert_error(client.get(path), 404, "not_found")
    browser = APIClient(enforce_csrf_checks=True, HTTP_HOST=BRAND_HOST)
    browser.force_login(given_customer().user)
    assert_error(browser.post(SEND, {"operator_id": 1}), 403, "not_allowed")


# -- the same request again


def test_a_key_means_the_same_at_the_old_address(phone_system: PhoneSystem) -> None:
    client, operator = api(given_customer()), given_operator()
    asked: dict[str, Any] = {"data": {"operator_id": operator.pk}, "HTTP_IDEMPOTENCY_KEY": "k"}
    first = client.post(INITIATE, **asked)
    assert first.status_code == 200
    assert client.post("/api/calls/initiate.php", **asked).content == first.content
    assert_error(
        client.post("/api/calls/hangup/", **asked | {"data": {"call_id": "x"}}), 409, "idempotency_conflict"
    )
    assert Call.objects.count() == 1


def test_a_key_names_one_action_even_where_the_bodies_are_the_same(phone_system: PhoneSystem) -> None:
    client, operator = api(given_customer()), given_operator()
    asked: dict[str, Any] = {
        "data": {"operator_id": operator.pk, "message_text": "Hello", "call_id": "x"}, "HTTP_IDEMPOTENCY_KEY": "k",
    }  # fmt: skip
    first = client.post(INITIATE, **asked)
    assert first.status_code == 200
    for path in ("/api/calls/hangup/", "/api/messages/send/", "/api/messages/send.php"):
        assert_error(client.post(path, **asked), 409, "idempotency_conflict")
    assert client.post(INITIATE, **asked).content == first.content
    assert Call.objects.count() == 1
    assert not Message.objects.exists()


@pytest.mark.parametrize(
    ("path", "view"),
    [(INITIATE, "telephony.api.InitiateView"), ("/api/calls/hangup/", "telephony.api.HangupView"),
     ("/api/messages/send/", "messaging.api.SendView"), ("/api/messages/reply/", "messaging.api.ReplyView")],
)  # fmt: skip
def test_an_answer_stored_by_an_older_version_is_given_again_and_does_nothing(path: str, view: str) -> None:
    customer, operator = given_customer(), given_operator()
    body = {"call_id": "x", "message_text": "Hello", "operator_id": operator.pk, "conversation_id": 1}
    user = customer.user
    if "reply" in path:
        text(customer, operator)
        user, body["conversation_id"] = operator.user, between(customer, operator).pk
    IdempotentAnswer.objects.create(
        user=user,
        key="k",
        fingerprint=hashlib.sha256(f"{view} {json.dumps(body, sort_keys=True)}".encode()).hexdigest(),
        status=200,
        answer={"success": True, "stored": "then"},
    )
    client = APIClient(HTTP_HOST="portal.localhost" if "reply" in path else BRAND_HOST)
    client.force_login(user)
    asked: dict[str, Any] = {"data": body, "HTTP_IDEMPOTENCY_KEY": "k", "format": "json"}
    assert client.post(path, **asked).json() == {"success": True, "stored": "then"}
    changed = asked | {"data": body | {"message_text": "Other", "call_id": "y"}}
    assert_error(client.post(path, **changed), 409, "idempotency_conflict")
    assert not Call.objects.exists()
    assert not Message.objects.filter(text="Other").exists()


def test_hanging_up_takes_a_key(phone_system: PhoneSystem) -> None:
    customer = given_customer()
    call = when_called(customer, given_operator())
    client = api(customer)
    asked: dict[str, Any] = {"data": {"call_id": call.call_id}, "HTTP_IDEMPOTENCY_KEY": "k"}
    first = client.post("/api/calls/hangup/", **asked)
    assert first.status_code == 200
    tell(call, "ended", at=5, why="customer_cancelled", ended_by="customer")
    assert client.post("/api/calls/hangup/", **asked).content == first.content
    other = asked | {"data": {"call_id": "call_1_another"}}
    assert_error(client.post("/api/calls/hangup/", **other), 409, "idempotency_conflict")
    assert wallet(customer) == (4500, 0)
