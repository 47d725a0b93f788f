"""Nothing of another operator, and nothing of a customer but the alias: every address, API call and socket of the portal."""

import json
import re
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from datetime import date
from typing import Any

import pytest
from allauth.usersessions.models import UserSession
from channels.db import database_sync_to_async as in_thread
from channels.testing import WebsocketCommunicator
from django.db import transaction
from django.urls import URLPattern, get_resolver

from aeims.asgi import application
from billing.services.rate_paid import rate_paid
from customers.models import Customer, PhoneVerification
from messaging.services.send import send
from notices.models import PushSubscription
from operators.models import Block, Interaction, Note, Operator, Rating, ScheduleException
from operators.services.save_note import save_note
from phones.services.store_number import store_number
from telephony.models import Call
from telephony.services import spoken_codes
from tests.scenario import given_customer, given_operator, logged_in, when_called, when_talked

PORTAL = "portal.localhost"
SECRET_NOTE, SECRET_TEXT, SECRET_REVIEW = "secret note", "secret text", "secret review"


@pytest.fixture
def theirs(db: None) -> Operator:
    """Another operator with everything an operator can have."""
    operator = given_operator(stage_name="Ottilie")
    customer = given_customer(alias="Hidden Heron 111")
    call = when_called(customer, operator)
    when_talked(call, 61_000)
    save_note(operator_id=operator.pk, customer_id=customer.pk, text=SECRET_NOTE)
    send(customer=customer, operator_id=operator.pk, text=SECRET_TEXT)
    rate_paid(customer=customer, reference=call.call_id, stars=5, review=SECRET_REVIEW)
    Block.objects.create(operator=operator, customer=customer, blocked_by="operator")
    PushSubscription.objects.create(
        person=operator.user, session=UserSession.objects.create(user=operator.user, ip="127.0.0.1", session_key="theirs"),
        endpoint="https://push.test/1", endpoint_hash="1", keys={}, device="Other",
    )  # fmt: skip
    ScheduleException.objects.create(operator=operator, day=date(2099, 12, 24))
    spoken_codes.prepare(number=store_number(operator.phone), code="123456", user=operator.user)
    return operator


@pytest.fixture
def mine(db: None) -> Operator:
    return given_operator(stage_name="Mine")


def portal_patterns() -> list[str]:
    """Every address of the portal's own URL table, as it is written."""
    [table] = [
        part
        for part in get_resolver("aeims.urls.portal").url_patterns
        if getattr(part, "app_name", "") == "portal"
    ]
    return [str(pattern.pattern) for pattern in table.url_patterns if isinstance(pattern, URLPattern)]


def with_their_ids(pattern: str, theirs: Operator) -> str:
    """The address filled with ids of the other operator's things."""
    call = Call.objects.get(operator=theirs)
    ids = {
        "call_id": call.call_id,
        "conversation_id": call.customer.conversations.get().pk,
        "reference": PhoneVerification.objects.get().reference,
        "rating_id": Rating.objects.get().pk,
        "number": Interaction.objects.get(operator=theirs).pk,
        "number_id": theirs.phone_number_id,
        "subscription_id": PushSubscription.objects.get().pk,
        "exception_id": theirs.schedule_exceptions.get().pk,
    }
    if pattern.startswith("blocked/"):
        ids["number"] = Block.objects.get().pk
    return "/" + re.sub(r"<\w+:(\w+)>", lambda found: str(ids[found[1]]), pattern)


@contextmanager
def undone() -> Iterator[None]:
    """Within: one request, whose changes are taken back, so that the next one meets the same things."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


@pytest.mark.parametrize("method", ["get", "post"])
def test_no_address_gives_or_changes_anything_of_another_operator(
    mine: Operator, theirs: Operator, method: str
) -> None:
    told = {
        "text": "x",
        "minutes": "1",
        "key": "k",
        "answer": "mine now",
        "undo": "1",
        "message_text": "hi",
        "reason": "r",
    }
    for pattern in portal_patterns():
        address = with_their_ids(pattern, theirs)
        with undone():
            page = logged_in(mine.user, PORTAL)
            answer = getattr(page, method)(address, told if method == "post" else None)
            if "<" in pattern:  # a form is told that there is no such thing, and goes back
                assert answer.status_code in (302, 404, 405), pattern
            shown = b"".join(answer.streaming_content) if answer.streaming else answer.content  # type: ignore[attr-defined]
            for secret in ("Hidden Heron 111", SECRET_NOTE, SECRET_TEXT, SECRET_REVIEW, "Ottilie"):
                assert secret.encode() not in shown, pattern
            assert Note.objects.get().text == SECRET_NOTE, pattern
            assert Rating.objects.get().answer == "", pattern
            assert Block.objects.filter(operator=theirs).exists(), pattern
            assert PushSubscription.objects.exists(), pattern


def private_facts(customer: Customer) -> list[str]:
    """Everything that names the person behind an alias."""
    phone = customer.phones.get().number
    return [customer.user.email, phone, phone[-7:], customer.user.first_name, customer.user.last_name]


def test_no_address_shows_more_of_a_customer_than_the_alias(theirs: Operator) -> None:
    customer = Customer.objects.get(alias="Hidden Heron 111")
    customer.user.first_name, customer.user.last_name = "Zebulon", "Quackenbush"
    customer.user.save()
    facts = private_facts(customer)
    patterns = [pattern for pattern in portal_patterns() if not pattern.endswith(("accept/", "hang-up/"))]
    for pattern in patterns:
        with undone():
            answer = logged_in(theirs.user, PORTAL).get(with_their_ids(pattern, theirs))
            shown = b"".join(answer.streaming_content) if answer.streaming else answer.content  # type: ignore[attr-defined]
            for fact in (*facts, theirs.phone):
                assert fact.encode() not in shown, pattern


API = [
    ("get", "/api/calls/", {}),
    ("get", "/api/calls/active/", {}),
    ("get", "/api/calls/status/", {"call_id": "{call}"}),
    ("post", "/api/calls/hangup/", {"call_id": "{call}"}),
    ("get", "/api/messages/conversation/", {"conversation_id": "{conversation}"}),
    ("post", "/api/messages/reply/", {"conversation_id": "{conversation}", "message_text": "hi"}),
    ("get", "/api/balance/check/", {"operator_id": "{operator}"}),
]


@pytest.mark.parametrize(("method", "address", "told"), API)
def test_no_api_call_gives_an_operator_anything_of_others(
    mine: Operator, theirs: Operator, method: str, address: str, told: dict[str, str]
) -> None:
    call = Call.objects.get(operator=theirs)
    ids = {"call": call.call_id, "conversation": call.customer.conversations.get().pk, "operator": theirs.pk}
    filled = {name: value.format(**ids) for name, value in told.items()}
    page = logged_in(mine.user, PORTAL)
    json = {"content_type": "application/json"} if method == "post" else {}
    answer = getattr(page, method)(address, filled, **json)
    assert answer.status_code in (400, 403, 404, 405)
    for secret in ("Hidden Heron", SECRET_TEXT, "balance_remaining"):
        assert secret not in answer.content.decode()


@asynccontextmanager
async def page_of(address: str, user: Any) -> AsyncIterator[list[dict[str, Any]]]:
    """An open page of this user on the portal: what it hears until the block ends, but for the server's time."""
    session = await in_thread(lambda: logged_in(user, PORTAL).cookies["sessionid"].value)()
    headers = [
        (b"host", PORTAL.encode()), (b"origin", f"http://{PORTAL}".encode()), (b"cookie", f"sessionid={session}".encode())
    ]  # fmt: skip
    line = WebsocketCommunicator(application, address, headers=headers)
    connected, _ = await line.connect()
    heard: list[dict[str, Any]] = []
    yield heard
    while connected and not await line.receive_nothing(timeout=0.5):
        message = await line.receive_output()
        if message["type"] == "websocket.close":
            break
        heard.append(json.loads(message["text"]))
    heard[:] = [message for message in heard if message.get("type") != "synced"]
    await line.disconnect()


CONSOLE = "/ws/operator/?region=console-talk&region=console-facts&region=console-caller&region=console-today"


@pytest.mark.django_db(transaction=True)
async def test_no_socket_says_anything_of_others(channel_layer: None) -> None:
    def people() -> tuple[Operator, Operator, Customer]:
        other = given_operator(stage_name="Other")
        customer = given_customer(alias="Hidden Heron 111")
        send(customer=customer, operator_id=other.pk, text="Good evening")
        return given_operator(stage_name="Mine"), other, customer

    def happen() -> None:
        send(customer=customer, operator_id=other.pk, text=SECRET_TEXT)
        when_called(customer, other)

    mine, other, customer = await in_thread(people)()
    conversation = await in_thread(lambda: customer.conversations.get().pk)()
    async with AsyncExitStack() as pages:
        addresses = (CONSOLE, f"/ws/conversations/{conversation}/", "/ws/me/", "/ws/board/")
        own = [await pages.enter_async_context(page_of(address, mine.user)) for address in addresses]
        theirs = await pages.enter_async_context(page_of(CONSOLE, other.user))
        await in_thread(happen)()
    assert own == [[], [], [], []]
    text = json.dumps(theirs)
    assert [update["slots"]["unread"] for update in theirs if update["region"] == "unread"] == ["2"]
    assert SECRET_TEXT not in text
    assert "Hidden Heron 111" in text
    phone = await in_thread(lambda: customer.phones.get().number)()
    assert phone.lstrip("+1") not in text
    assert other.phone.lstrip("+1") not in text
