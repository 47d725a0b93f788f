"""Messages over HTTP: the seed's example, errors in the one shape, conversations of any length."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from billing import selectors as money
from billing.services.refund import refund_reference
from core import clock
from customers.models import Customer, User
from messaging.models import Conversation, Message
from messaging.selectors import conversations_of
from operators.models import Operator
from tests.factories import BrandFactory
from tests.messaging.scenario import answer, between, text
from tests.scenario import given_customer, given_operator
from tests.support.database_owner import as_owner

pytestmark = pytest.mark.django_db
SEND, LIST = "/api/messages/send/", "/api/messages/conversation/"


def client_of(user: User) -> Client:
    client = Client(headers={"host": "localhost"})
    client.force_login(user)
    return client


def post(client: Client, path: str, body: dict[str, object], **headers: str) -> tuple[int, dict[str, object]]:
    response = client.post(path, body, content_type="application/json", headers=headers)
    return response.status_code, response.json()


@pytest.mark.parametrize("path", [SEND, "/api/messages/send.php"])
def test_the_seeds_example(path: str) -> None:
    customer, operator = given_customer(balance=2600), given_operator()
    body = {"operator_id": operator.pk, "message_text": "Hey, are you available?", "message_type": "chat"}
    status, said = post(client_of(customer.user), path, body)
    assert status == 200
    assert said["message_id"].startswith("msg_")  # type: ignore[attr-defined]
    assert (said["success"], said["charged"], said["balance_remaining"]) == (True, 0.50, 25.50)


@pytest.mark.parametrize("path", [LIST, "/api/messages/conversation.php"])
def test_the_conversation_reads_as_in_the_seed(path: str) -> None:
    customer, operator = given_customer(balance=1000), given_operator()
    text(customer, operator, "Hey there!"), answer(operator, customer, "Hi! How can I help?")
    said = client_of(customer.user).get(path, {"operator_id": operator.pk, "limit": 50}).json()
    assert [(m["sender_type"], m["message_text"]) for m in said["messages"]] == [
        ("customer", "Hey there!"),
        ("operator", "Hi! How can I help?"),
    ]
    created = Message.objects.get(number=1).created_at
    assert said["messages"][0]["created_at"] == created.strftime("%Y-%m-%d %H:%M:%S")
    assert said["success"] is True


def test_an_empty_conversation_is_no_error() -> None:
    customer, operator = given_customer(balance=0), given_operator()
    said = client_of(customer.user).get(LIST, {"operator_id": operator.pk}).json()
    assert (said["messages"], said["conversation"]) == ([], None)


def test_the_same_key_is_one_message_and_one_answer() -> None:
    customer, operator = given_customer(balance=1000), given_operator()
    client, body = client_of(customer.user), {"operator_id": operator.pk, "message_text": "Hello"}
    first, second = (post(client, SEND, body, **{"Idempotency-Key": "k1"}) for _ in range(2))
    assert first == second
    status, said = post(client, SEND, {**body, "message_text": "Other"}, **{"Idempotency-Key": "k1"})
    assert (status, said["code"]) == (409, "idempotency_conflict")
    assert money.wallet_of(customer.pk).balance_minor == 950


def test_too_little_money_is_402_with_what_is_missing() -> None:
    customer, operator = given_customer(balance=20), given_operator()
    status, said = post(client_of(customer.user), SEND, {"operator_id": operator.pk, "message_text": "Hello"})
    assert status == 402
    assert said == {
        "success": False, "error": "Your balance is too low for this message.", "code": "insufficient_balance",
        "balance": 0.20, "required": 0.50, "needs_funds": True,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("change", "status", "code"),
    [
        ({"message_text": " "}, 400, "empty"),
        ({"message_text": "x" * 1001}, 400, "too_long"),
        ({"message_type": "mms"}, 400, "invalid"),
        ({"message_type": "sms"}, 503, "sms_not_available"),
        ({"operator_id": 10**15}, 404, "not_found"),
        ({"expected_price": "0.40"}, 409, "price_changed"),
    ],
)
def test_errors_have_one_shape_and_cost_nothing(change: dict[str, object], status: int, code: str) -> None:
    customer, operator = given_customer(balance=1000), given_operator()
    body = {"operator_id": operator.pk, "message_text": "Hello", **change}
    got, said = post(client_of(customer.user), SEND, body)
    assert (got, said["success"], said["code"]) == (status, False, code)
    assert money.wallet_of(customer.pk).balance_minor == 1000


def test_what_would_be_hidden_is_shown_first_and_sent_once_that_is_accepted() -> None:
    customer, operator = given_customer(balance=1000), given_operator()
    text(customer, operator)
    sides = {
        SEND: (client_of(customer.user), {"operator_id": operator.pk}),
        "/api/messages/reply/": (
            client_of(operator.user),
            {"conversation_id": between(customer, operator).pk},
        ),
    }
    for path, (client, which) in sides.items():
        body = {**which, "message_text": "Call 212 555 0100"}
        assert post(client, path, body, **{"Idempotency-Key": "k"}) == (
            409,
            {
                "success": False, "error": "We’ll hide the phone number in your message.", "code": "contacts_hidden",
                "preview": "Call (number hidden)",
            },
        )  # fmt: skip
        accepted = {**body, "accept_hiding": True}
        first, second = (post(client, path, accepted, **{"Idempotency-Key": "k"}) for _ in range(2))
        assert first == second
        assert first[1]["message"]["message_text"] == "Call (number hidden)"  # type: ignore[index]
    assert Message.objects.count() == 3
    assert money.wallet_of(customer.pk).balance_minor == 900


def test_only_the_two_of_them_can_read_write_block_or_report() -> None:
    customer, operator, stranger, other = (
        given_customer(balance=1000),
        given_operator(),
        given_customer(balance=0),
        given_operator(),
    )
    text(customer, operator)
    which = {"conversation_id": between(customer, operator).pk}
    for user in (stranger.user, other.user):
        client = client_of(user)
        assert client.get(LIST, which).status_code == 404
        for path, more in (
            ("/api/messages/reply/", {"message_text": "Hello"}),
            ("/api/messages/read/", {}),
            ("/api/messages/draft/", {"message_text": "x"}),
            ("/api/messages/block/", {}),
            ("/api/messages/report/", {"reason": "x"}),
        ):
            assert post(client, path, {**which, **more})[0] == 404
    assert Client(headers={"host": "localhost"}).get(LIST, which).status_code == 401
    assert post(client_of(customer.user), "/api/messages/reply/", {**which, "message_text": "x"})[0] == 404


def test_reading_replying_drafting_blocking() -> None:
    customer, operator = given_customer(balance=1000), given_operator()
    text(customer, operator)
    which: dict[str, object] = {"conversation_id": between(customer, operator).pk}
    client = client_of(operator.user)
    assert post(client, "/api/messages/read/", which) == (200, {"success": True})
    assert post(client, "/api/messages/reply/", {**which, "message_text": "Yes"})[0] == 200
    assert post(client, "/api/messages/draft/", {**which, "message_text": "And al"})[0] == 200
    found = between(customer, operator)
    assert (found.operator_unread, found.operator_read, found.operator_draft) == (0, 1, "And al")
    mine = client_of(customer.user).get(LIST, {"operator_id": operator.pk}).json()
    assert mine["messages"][0]["delivery"] == "read"
    assert mine["conversation"]["draft"] == ""
    assert "charged" not in client.get(LIST, which).json()["messages"][0]
    assert post(client, "/api/messages/block/", which)[0] == 200
    status, said = post(client_of(customer.user), SEND, {"operator_id": operator.pk, "message_text": "Hello"})
    assert (status, said["code"]) == (403, "blocked")


def test_what_staff_gave_back_is_in_the_answer() -> None:
    customer, operator = given_customer(balance=1000), given_operator()
    message = text(customer, operator).message
    refund_reference(
        reference=message.message_id, amount_minor=20, reason="Complaint", actor=None, idempotency_key="k"
    )
    [mine] = client_of(customer.user).get(LIST, {"operator_id": operator.pk}).json()["messages"]
    assert (mine["refunded"], mine["refunded_amount"], mine["charged"]) == (True, 0.20, 0.50)
    assert mine["note"] == "$0.20 of $0.50 refunded by our staff"
    which = {"conversation_id": message.conversation_id}
    [theirs] = client_of(operator.user).get(LIST, which).json()["messages"]
    assert (theirs["refunded"], theirs["refund_reason"]) == (True, "by our staff")
    assert not {"charged", "refunded_amount", "net_charged"} & theirs.keys()


def test_what_is_begun_before_the_first_message_is_kept() -> None:
    customer, operator = given_customer(balance=1000), given_operator()
    client, begun = client_of(customer.user), {"operator_id": operator.pk, "message_text": "I was about"}
    for _ in range(2):
        assert post(client, "/api/messages/draft/", begun) == (200, {"success": True})
    said = client.get(LIST, {"operator_id": operator.pk}).json()
    assert (said["messages"], said["conversation"]["draft"]) == ([], "I was about")
    assert not conversations_of(customer).exists(), "nobody is told of it"
    assert not conversations_of(operator).exists()
    assert post(client, "/api/messages/draft/", {**begun, "operator_id": 10**15})[0] == 404
    assert text(customer, operator).message.number == 1
    assert client.get(LIST, {"operator_id": operator.pk}).json()["conversation"]["draft"] == ""


def test_pages_go_back_by_number_without_gap_or_overlap() -> None:
    customer, operator = given_customer(balance=1000), given_operator()
    fill(between_of(customer, operator), 25)
    client, before, seen = client_of(customer.user), "", []
    while True:
        said = client.get(LIST, {"operator_id": operator.pk, "limit": 10, "before": before}).json()
        seen = [m["number"] for m in said["messages"]] + seen
        if said["before"] is None:
            break
        before = said["before"]
    assert seen == list(range(1, 26))
    after = client.get(LIST, {"operator_id": operator.pk, "after": 20, "limit": 3}).json()
    assert [m["number"] for m in after["messages"]] == [21, 22, 23]
    assert client.get(LIST, {"operator_id": operator.pk, "before": "x"}).status_code == 400


def test_a_hundred_thousand_messages_open_like_ten() -> None:
    customer, few, many = given_customer(balance=1000), given_operator(), given_operator()
    fill(between_of(customer, few), 10)
    fill(between_of(customer, many), 100_000)
    client = client_of(customer.user)
    client.get(LIST, {"operator_id": few.pk})
    with queries() as short:
        assert len(client.get(LIST, {"operator_id": few.pk}).json()["messages"]) == 10
    with queries() as long:
        assert len(client.get(LIST, {"operator_id": many.pk}).json()["messages"]) == 50
    assert len(long) == len(short)
    with as_owner() as cursor:
        cursor.execute("ANALYZE messaging_message")
        rows = Message.objects.filter(conversation__operator=many, number__lt=50_000).order_by("-number")[:50]
        plan = (
            Message.objects.filter(conversation=Conversation.objects.get(operator=many), number__lt=50_000)
            .order_by("-number")[:50]
            .explain()
        )
    assert len(rows) == 50
    assert "message_number_once" in plan
    assert "Sort" not in plan


@contextmanager
def queries() -> Iterator[CaptureQueriesContext]:
    with CaptureQueriesContext(connection) as captured:
        yield captured


def between_of(customer: Customer, operator: Operator) -> Conversation:
    return Conversation.objects.create(
        customer=customer, operator=operator, brand=BrandFactory(), created_at=clock.now()
    )


def fill(conversation: Conversation, count: int) -> None:
    """So many messages at once; only here, for the length."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO messaging_message (message_id, conversation_id, number, sender_type, message_type, text,"
            " text_sha256, charged_minor, currency, created_at, refund_reason) SELECT %s || n, %s, n, 'operator',"
            " 'chat', 'Message ' || n, ''::bytea, 0, 'USD', now(), '' FROM generate_series(1, %s) AS n",
            [f"msg_{conversation.pk}_", conversation.pk, count],
        )
    last = Message.objects.filter(conversation=conversation).order_by("-number")[0]
    Conversation.objects.filter(pk=conversation.pk).update(
        last_number=count, last_message_id=last.pk, last_message_at=last.created_at
    )
