"""The socket of a conversation: for the two of them, with hints instead of texts."""

import asyncio
from typing import Any

import pytest
from channels.db import database_sync_to_async
from channels.testing import WebsocketCommunicator
from django.contrib.auth.models import AnonymousUser
from django.test import Client

from aeims.sockets import SiteSockets
from billing.services.refund import refund_reference
from customers.models import Customer, User
from messaging.models import Conversation
from messaging.services.read_state import mark_read
from messaging.states import Side
from operators.models import Operator
from tests.factories import BrandFactory
from tests.messaging.scenario import answer, between, text
from tests.scenario import BRAND_HOST, given_customer, given_operator

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.asyncio,
    pytest.mark.usefixtures("channel_layer"),
]


PORTAL_HOST = "portal.localhost"


def session_of(user: User | AnonymousUser) -> Any:
    client = Client()
    if isinstance(user, User):
        client.force_login(user)
    return client.session


class Page(WebsocketCommunicator):
    """One open page of `user`."""

    def __init__(
        self,
        conversation: Conversation | None,
        user: User | AnonymousUser,
        origin: str = "",
        path: str = "",
        host: str = BRAND_HOST,
    ) -> None:
        headers = [(b"host", host.encode()), (b"origin", (origin or f"http://{host}").encode())]
        path = path or (f"/ws/conversations/{conversation.pk}/" if conversation else "")
        super().__init__(SiteSockets(), path, headers)
        self.scope["user"] = user

    async def connect(self, timeout: float = 10) -> tuple[bool, Any]:
        """With a session in which `user` is logged in, as the middlewares find it."""
        self.scope["session"] = await database_sync_to_async(session_of)(self.scope["user"])
        connected: tuple[bool, Any] = await super().connect(timeout)
        return connected

    async def opened(self) -> "Page":
        connected, _ = await self.connect(timeout=10)
        assert connected
        first = await self.hears("conversation")
        assert first["conversation"]["last_number"] >= 0
        return self

    async def hears(self, kind: str) -> dict[str, Any]:
        """The next message of this kind; what else comes before is passed over."""
        async with asyncio.timeout(10):
            while True:
                message: dict[str, Any] = await self.receive_json_from(timeout=10)
                if message.get("type") == kind:
                    return message

    async def hears_of_unread(self) -> dict[str, Any]:
        """The next update of how many messages wait."""
        async with asyncio.timeout(10):
            while True:
                message: dict[str, Any] = await self.receive_json_from(timeout=10)
                if message.get("region") == "unread":
                    return message


@database_sync_to_async
def two() -> tuple[Customer, Operator, Conversation]:
    BrandFactory()
    customer, operator = given_customer(balance=1000), given_operator()
    text(customer, operator)
    return customer, operator, between(customer, operator)


async def test_a_third_person_is_refused() -> None:
    _, _, conversation = await two()
    stranger = await database_sync_to_async(given_customer)()
    other = await database_sync_to_async(given_operator)()
    for user, host in ((stranger.user, BRAND_HOST), (other.user, PORTAL_HOST), (AnonymousUser(), BRAND_HOST)):
        page = Page(conversation, user, host=host)
        await page.connect(timeout=10)
        closed = await page.receive_output(timeout=10)
        assert (closed["type"], closed["code"]) == ("websocket.close", 4403)
        await database_sync_to_async(text)(conversation.customer, conversation.operator, "Not for you")
        assert await page.receive_nothing(timeout=0.3)


async def test_a_page_of_another_site_is_refused() -> None:
    customer, _, conversation = await two()
    connected, _ = await Page(conversation, customer.user, "http://evil.example").connect(timeout=10)
    assert not connected


async def test_a_message_is_a_number_and_never_its_text() -> None:
    customer, operator, conversation = await two()
    page = await Page(conversation, customer.user).opened()
    await database_sync_to_async(answer)(operator, customer, "Something personal")
    heard = await page.hears("message")
    assert heard == {"type": "message", "number": 2, "sender_type": "operator"}
    await page.disconnect()


async def test_both_see_who_is_here_who_writes_and_what_was_read() -> None:
    customer, operator, conversation = await two()
    mine = await Page(conversation, customer.user).opened()
    theirs = await Page(conversation, operator.user, host=PORTAL_HOST).opened()
    assert await mine.hears("presence") == {"type": "presence", "side": "operator", "here": True}
    assert await theirs.hears("presence") == {"type": "presence", "side": "customer", "here": True}
    await theirs.send_json_to({"type": "typing"})
    assert await mine.hears("typing") == {"type": "typing", "side": "operator"}
    await theirs.send_json_to({"type": "read", "up_to": 99})
    assert await mine.hears("marks") == {"type": "marks", "side": "operator", "delivered": 1, "read": 1}
    await theirs.disconnect()
    assert (await mine.hears("presence"))["here"] is False
    await mine.disconnect()


async def test_a_second_page_of_the_same_person_keeps_them_here() -> None:
    customer, operator, conversation = await two()
    mine = await Page(conversation, customer.user).opened()
    one = await Page(conversation, operator.user, host=PORTAL_HOST).opened()
    two_ = await Page(conversation, operator.user, host=PORTAL_HOST).opened()
    await one.disconnect()
    seen = [await mine.hears("presence")]
    while seen[-1]["here"] is not False:
        seen.append(await mine.hears("presence"))
    assert (await mine.hears("presence"))["here"] is True
    await two_.disconnect()
    await mine.disconnect()


async def test_drafts_are_kept_and_nonsense_is_answered_with_an_error() -> None:
    customer, _, conversation = await two()
    page = await Page(conversation, customer.user).opened()
    for nonsense in (
        [],
        {"type": "read", "up_to": "x"},
        {"type": "read", "up_to": True},
        {"type": "boo"},
        {"type": "draft"},
    ):
        await page.send_json_to(nonsense)
        assert (await page.hears("error"))["code"] == "invalid"
    await page.send_json_to({"type": "draft", "text": "I was about to say"})
    for _ in range(100):
        found = await Conversation.objects.aget(pk=conversation.pk)
        if found.customer_draft:
            break
        await asyncio.sleep(0.05)
    assert found.customer_draft == "I was about to say"
    await page.disconnect()


async def test_a_draft_reaches_the_other_pages_of_its_writer_and_nobody_else() -> None:
    customer, operator, conversation = await two()
    theirs = await Page(conversation, customer.user).opened()
    one = await Page(conversation, operator.user, host=PORTAL_HOST).opened()
    other = await Page(conversation, operator.user, host=PORTAL_HOST).opened()
    await one.send_json_to({"type": "draft", "text": "I was about to"})
    assert await other.hears("draft") == {"type": "draft", "text": "I was about to"}
    await database_sync_to_async(answer)(operator, customer)
    assert await one.hears("draft") == {"type": "draft", "text": ""}, (
        "sent; of its own draft it heard nothing"
    )
    assert (await other.hears("draft"))["text"] == ""
    await theirs.hears("message")
    assert await theirs.receive_nothing() or "draft" not in (await theirs.receive_from())
    for page in (theirs, one, other):
        await page.disconnect()


async def test_a_page_that_floods_is_closed() -> None:
    customer, _, conversation = await two()
    page = await Page(conversation, customer.user).opened()
    for _ in range(70):
        await page.send_json_to({"type": "typing"})
    async with asyncio.timeout(10):
        while (output := await page.receive_output(timeout=10))["type"] != "websocket.close":
            pass
    assert output["code"] == 4429


async def test_read_marks_reach_all_pages_of_their_reader() -> None:
    customer, operator, conversation = await two()
    await database_sync_to_async(answer)(operator, customer)
    page = await Page(conversation, customer.user).opened()
    await database_sync_to_async(mark_read)(conversation_id=conversation.pk, side=Side.CUSTOMER, up_to=2)
    assert (await page.hears("marks"))["read"] == 2
    await page.disconnect()


@pytest.mark.parametrize("side", [Side.CUSTOMER, Side.OPERATOR])
async def test_every_page_is_told_how_many_messages_wait(side: Side) -> None:
    customer, operator, conversation = await two()
    is_customer = side == Side.CUSTOMER
    page = (
        Page(None, customer.user, path="/ws/me/")
        if is_customer
        else Page(None, operator.user, path="/ws/operator/", host=PORTAL_HOST)
    )
    assert (await page.connect(timeout=10))[0]
    write = database_sync_to_async(answer if is_customer else text)
    await write(*((operator, customer) if is_customer else (customer, operator)), "Something personal")
    first = await page.hears_of_unread()
    expected = {"unread": "1", "unread-said": "1 new message"}
    if not is_customer:
        expected = {"unread": "2", "unread-said": "2 new messages"}
    assert (first["slots"], first["object"]) == (expected, f"conversation.{conversation.pk}")
    await database_sync_to_async(mark_read)(conversation_id=conversation.pk, side=side, up_to=2)
    last = await page.hears_of_unread()
    assert last["slots"] == {"unread": "", "unread-said": ""}
    assert last["sequence"] > first["sequence"]
    await page.disconnect()


async def test_pages_hear_of_money_that_staff_gave_back() -> None:
    customer, operator, conversation = await two()
    pages = [
        await Page(conversation, customer.user).opened(),
        await Page(conversation, operator.user, host=PORTAL_HOST).opened(),
    ]
    message = await conversation.messages.aget()
    await database_sync_to_async(refund_reference)(
        reference=message.message_id, amount_minor=20, reason="Complaint", actor=None, idempotency_key="k"
    )
    for page in pages:
        assert await page.hears("changed") == {"type": "changed", "number": 1}
        await page.disconnect()
