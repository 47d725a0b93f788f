"""Websockets: who may listen, what comes first, what is pushed, and that no number is in it."""

import asyncio
import json
from typing import Any

import pytest
from autobahn.exception import Disconnected
from channels.db import database_sync_to_async
from channels.layers import get_channel_layer
from channels.testing import WebsocketCommunicator
from django.conf import settings
from django.test import Client

from aeims.asgi import application
from core.channel_layer import NotifyChannelLayer
from customers.groups import customer_group
from customers.models import Customer
from operators.models import Operator
from telephony.models import Call
from tests.factories import StaffFactory
from tests.scenario import (
    BRAND_HOST,
    given_credit,
    given_customer,
    given_operator,
    tell,
    when_called,
)

pytestmark = pytest.mark.django_db(transaction=True)

PORTAL_HOST = "portal.localhost"
in_thread = database_sync_to_async


def cookie_of(user: Any) -> bytes:
    """A logged-in session, as the browser would send it."""
    client = Client()
    client.force_login(user)
    return f"{settings.SESSION_COOKIE_NAME}={client.cookies[settings.SESSION_COOKIE_NAME].value}".encode()


class Socket:
    """One open page's line."""

    def __init__(self, path: str, *, host: str, origin: str | None, cookie: bytes = b"") -> None:
        headers = [(b"host", host.encode()), (b"cookie", cookie)]
        if origin is not None:
            headers.append((b"origin", origin.encode()))
        self.line = WebsocketCommunicator(application, path, headers=headers)
        self.heard: list[dict[str, Any]] = []

    async def opens(self) -> bool:
        connected, _ = await self.line.connect(timeout=10)
        return bool(connected)

    async def hears(self) -> dict[str, Any]:
        message: dict[str, Any] = json.loads(await self.line.receive_from(timeout=10))
        self.heard.append(message)
        return message

    async def hears_of(self, kind: str) -> dict[str, Any]:
        """The next message of this type; others in between are kept in `heard`."""
        while (message := await self.hears())["type"] != kind:
            pass
        return message

    async def closes(self) -> None:
        await self.line.disconnect()


async def me(customer: Customer, **more: Any) -> Socket:
    cookie = await in_thread(cookie_of)(customer.user)
    return Socket(
        "/ws/me/", **{"host": BRAND_HOST, "origin": f"http://{BRAND_HOST}", "cookie": cookie, **more}
    )


async def look_around(*, cookie: str = "adult=yes", **more: Any) -> Socket:
    """The page of a visitor without an account, past the age gate unless `cookie` says otherwise."""
    return Socket(
        "/ws/directory/",
        **{"host": BRAND_HOST, "origin": f"http://{BRAND_HOST}", "cookie": cookie.encode(), **more},
    )


async def console(operator: Operator, **more: Any) -> Socket:
    cookie = await in_thread(cookie_of)(operator.user)
    return Socket(
        "/ws/operator/", **{"host": PORTAL_HOST, "origin": f"http://{PORTAL_HOST}", "cookie": cookie, **more}
    )


async def test_a_page_that_leaves_while_it_is_told_something_is_no_error_and_leaves_its_groups() -> None:
    customer = await in_thread(given_customer)(balance="45.00")
    socket = await me(customer)
    has_left = False

    async def closing(scope: Any, receive: Any, send: Any) -> None:
        async def send_unless_closed(message: dict[str, Any]) -> None:
            if has_left and message["type"] == "websocket.send":
                raise Disconnected("Attempt to send on a closed protocol")  # as daphne does
            await send(message)

        await application(scope, receive, send_unless_closed)

    socket.line.application = closing
    assert await socket.opens()
    await socket.hears_of("wallet")
    group, layer = customer_group(customer.pk), get_channel_layer()
    assert isinstance(layer, NotifyChannelLayer)
    assert layer._state().groups[group]
    has_left = True
    await in_thread(given_credit)(customer, "5.00")
    await asyncio.sleep(0.3)
    await socket.closes()
    assert not layer._state().groups.get(group)


async def test_a_customer_hears_the_state_first_and_every_change_after() -> None:
    customer, operator = await in_thread(given_customer)(balance="45.00"), await in_thread(given_operator)()
    call: Call = await in_thread(when_called)(customer, operator)
    socket = await me(customer)
    assert await socket.opens()
    first, wallet = await socket.hears(), await socket.hears()
    assert (first["type"], first["call"]["call_id"], first["call"]["status"]) == (
        "call",
        call.call_id,
        "initiated",
    )
    assert (wallet["type"], wallet["balance_minor"], wallet["held_minor"]) == ("wallet", 4500 - 1296, 1296)

    await in_thread(tell)(call, "ringing", at=1, leg="customer")
    assert (await socket.hears_of("call"))["call"]["status"] == "ringing"
    await in_thread(tell)(call, "started", at=10)
    started = (await socket.hears_of("call"))["call"]
    assert started["status"] == "answered"
    assert started["granted_until_ms"] == started["joined_at_ms"] + 180_000
    await in_thread(tell)(call, "ended", at=137, why="hangup", ended_by="operator")
    over = (await socket.hears_of("call"))["call"]
    assert (over["status"], over["charged_minor"], over["summary"]["total_minor"]) == ("ended", 1296, 1296)
    assert over["message"] == f"{operator.stage_name} hung up."
    wallet = await socket.hears_of("wallet")
    assert (wallet["balance_minor"], wallet["held_minor"]) == (4500 - 1296, 0)
    sequences = [m["call"]["sequence"] for m in socket.heard if m["type"] == "call"]
    assert sequences == sorted(set(sequences))
    await socket.closes()


async def test_a_page_that_is_open_hears_what_a_call_holds_and_what_a_grant_holds_more() -> None:
    customer, operator = await in_thread(given_customer)(balance="45.00"), await in_thread(given_operator)()
    socket = await me(customer)
    await socket.opens()
    assert (await socket.hears_of("wallet"))["held_minor"] == 0
    call: Call = await in_thread(when_called)(customer, operator)
    assert (await socket.hears_of("wallet"))["held_minor"] == 99 + 3 * 399
    await in_thread(tell)(call, "progress", at=100, elapsed_ms="90000")
    assert (await socket.hears_of("wallet"))["held_minor"] == 99 + 4 * 399
    await socket.closes()


async def test_money_in_mid_call_is_heard_with_the_longer_grant() -> None:
    customer, operator = await in_thread(given_customer)(balance="4.98"), await in_thread(given_operator)()
    call: Call = await in_thread(when_called)(customer, operator)
    await in_thread(tell)(call, "started", at=0)
    socket = await me(customer)
    await socket.opens()
    assert (await socket.hears_of("call"))["call"]["granted_seconds"] == 60
    await in_thread(given_credit)(customer, "20.00")
    extended = (await socket.hears_of("call"))["call"]
    assert (extended["granted_seconds"], extended["is_final"]) == (180, False)
    await socket.closes()


async def test_an_operator_hears_the_offered_call_with_an_alias_and_what_it_earns() -> None:
    customer, operator = await in_thread(given_customer)(), await in_thread(given_operator)()
    socket = await console(operator)
    assert await socket.opens()
    first = await socket.hears()
    assert (first["type"], first["call"]) == ("console", None)

    call: Call = await in_thread(when_called)(customer, operator)
    offered = (await socket.hears_of("console_call"))["call"]
    assert (offered["alias"], offered["status"]) == (customer.alias, "initiated")
    await in_thread(tell)(call, "started", at=10)
    await in_thread(tell)(call, "ended", at=137)
    while (over := (await socket.hears_of("console_call"))["call"])["status"] != "ended":
        pass
    assert over["earned_minor"] == 79 + 958
    await socket.closes()


@pytest.mark.parametrize("path", ["/ws/me/", "/ws/operator/"])
async def test_a_stranger_is_refused(path: str) -> None:
    socket = Socket(path, host=BRAND_HOST, origin=f"http://{BRAND_HOST}")
    await socket.opens()
    assert (await socket.line.receive_output(timeout=10))["code"] == 4403
    await socket.closes()


async def test_people_of_another_kind_are_refused() -> None:
    operator, customer = await in_thread(given_operator)(), await in_thread(given_customer)()
    staff = await in_thread(StaffFactory)()
    for user, path in [(operator.user, "/ws/me/"), (customer.user, "/ws/operator/"), (staff, "/ws/me/")]:
        cookie = await in_thread(cookie_of)(user)
        socket = Socket(path, host=BRAND_HOST, origin=f"http://{BRAND_HOST}", cookie=cookie)
        await socket.opens()
        assert (await socket.line.receive_output(timeout=10))["code"] == 4403
        await socket.closes()


@pytest.mark.parametrize(
    "origin",
    ["https://evil.example", f"http://{PORTAL_HOST}", f"http://{BRAND_HOST}.evil.example", f"http://{BRAND_HOST}:81",
     "null", "", None],
)  # fmt: skip
async def test_a_page_of_another_site_cannot_open_a_socket_with_the_customers_cookie(
    origin: str | None,
) -> None:
    socket = await me(await in_thread(given_customer)(), origin=origin)
    assert not await socket.opens()


async def test_somebody_elses_call_is_not_heard() -> None:
    customer, other = await in_thread(given_customer)(), await in_thread(given_customer)()
    socket = await me(customer)
    await socket.opens()
    await socket.hears_of("messages")  # the last of the state
    call: Call = await in_thread(when_called)(other, await in_thread(given_operator)())
    await in_thread(tell)(call, "started", at=10)
    while True:
        try:
            message = await asyncio.wait_for(socket.hears(), 0.5)
        except TimeoutError:
            break
        assert message["type"] == "presence"
    await socket.closes()


@pytest.mark.parametrize("noise", ["hello", "{", "[" * 5000, '"text"', '{"type": "nothing"}', "null"])
async def test_what_a_client_says_does_no_harm(noise: str) -> None:
    customer = await in_thread(given_customer)()
    socket = await me(customer)
    await socket.opens()
    await socket.hears_of("wallet")
    await socket.line.send_to(text_data=noise)
    await in_thread(given_credit)(customer, "1.00")
    assert (await socket.hears_of("wallet"))["balance_minor"] == 4600
    await socket.closes()


async def test_no_message_holds_a_number_of_either_side() -> None:
    customer, operator = await in_thread(given_customer)(), await in_thread(given_operator)()
    theirs, ours = await me(customer), await console(operator)
    await theirs.opens()
    await ours.opens()
    await theirs.hears_of("wallet")
    await ours.hears_of("console")
    call: Call = await in_thread(when_called)(customer, operator)
    for state, at in [("ringing", 1), ("answered", 5), ("started", 10), ("ended", 70)]:
        await in_thread(tell)(call, state, at=at)
    while (await theirs.hears_of("call"))["call"]["status"] != "ended":
        pass
    while (await ours.hears_of("console_call"))["call"]["status"] != "ended":
        pass
    number = await in_thread(lambda: customer.phones.get().number)()
    for heard in (theirs.heard, ours.heard):
        assert len(heard) >= 5
        for digits in (number, operator.phone):
            assert digits.lstrip("+1") not in json.dumps(heard)
    await theirs.closes()
    await ours.closes()


async def test_a_visitor_hears_who_comes_and_goes_and_nothing_of_a_call() -> None:
    customer, operator = await in_thread(given_customer)(), await in_thread(given_operator)()
    socket = await look_around()
    assert await socket.opens()
    call: Call = await in_thread(when_called)(customer, operator)
    await in_thread(tell)(call, "started", at=10)
    await in_thread(tell)(call, "ended", at=70, why="hangup", ended_by="customer")
    assert await socket.hears() == {"type": "presence", "operator_id": operator.pk, "presence": "busy"}
    while (await socket.hears())["presence"] != "online":
        pass
    assert {message["type"] for message in socket.heard} == {"presence"}
    await socket.closes()


@pytest.mark.parametrize("cookie", ["", "adult=no", "adult=", "other=yes"])
async def test_before_the_age_gate_nobody_hears_who_is_online(cookie: str) -> None:
    socket = await look_around(cookie=cookie)
    await socket.opens()
    assert (await socket.line.receive_output(timeout=10))["code"] == 4403
    await socket.closes()


@pytest.mark.parametrize("origin", ["https://evil.example", f"http://{PORTAL_HOST}", "null", None])
async def test_a_page_of_another_site_cannot_look_around_with_the_visitors_cookie(origin: str | None) -> None:
    socket = await look_around(origin=origin)
    assert not await socket.opens()
