"""Sockets of customers, visitors, and operators: who may listen, what is pushed, and that no number is in it."""

import asyncio
import json
import re
from typing import Any

import pytest
from autobahn.exception import Disconnected
from channels.db import database_sync_to_async
from channels.layers import get_channel_layer
from channels.testing import WebsocketCommunicator
from django.conf import settings
from django.test import Client

from aeims.asgi import application
from billing.ledger.models import Transaction
from billing.services.refund import refund_reference
from core.channel_layer import NotifyChannelLayer
from core.push import time_sequence
from customers.groups import customer_group
from customers.models import Customer
from operators.models import Operator
from telephony.models import Call
from telephony.services.tip_on_call import tip_on_call
from tests.factories import BrandFactory, StaffFactory
from tests.scenario import (
    BRAND_HOST,
    given_credit,
    given_customer,
    given_operator,
    tell,
    when_called,
    when_talked,
)

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("channel_layer")]

PORTAL_HOST = "portal.localhost"
CONSOLE = (
    "console-talk",
    "console-facts",
    "console-caller",
    "console-today",
    "console-presence",
    "console-online",
)
in_thread = database_sync_to_async


def cookie_of(user: Any) -> bytes:
    """A logged-in session, as the browser would send it."""
    client = Client()
    client.force_login(user)
    return f"{settings.SESSION_COOKIE_NAME}={client.cookies[settings.SESSION_COOKIE_NAME].value}".encode()


class Socket:
    """One open page's line."""

    def __init__(self, path: str, *regions: str, host: str, origin: str | None, cookie: bytes = b"") -> None:
        headers = [(b"host", host.encode()), (b"cookie", cookie)]
        if origin is not None:
            headers.append((b"origin", origin.encode()))
        query = "&".join(f"region={region}" for region in regions)
        self.line = WebsocketCommunicator(application, f"{path}?{query}", headers=headers)
        self.heard: list[dict[str, Any]] = []

    async def opens(self) -> bool:
        connected, _ = await self.line.connect(timeout=10)
        return bool(connected)

    async def hears(self) -> dict[str, Any]:
        message: dict[str, Any] = json.loads(await self.line.receive_from(timeout=10))
        self.heard.append(message)
        return message

    async def hears_of(self, region: str, **slots: str) -> dict[str, Any]:
        """The next update of this region that says something (with these texts in it); the others are in `heard`."""
        while True:
            update = await self.hears()
            texts = update.get("slots", {})
            if (
                update.get("region") == region
                and ("html" in update or texts)
                and slots.items() <= texts.items()
            ):
                return update

    async def hears_nothing_more(self) -> bool:
        """Apart from the server's time."""
        while not await self.line.receive_nothing(timeout=0.5):
            if (await self.hears()).get("type") != "synced":
                return False
        return True

    async def is_refused(self) -> bool:
        """Whether it is closed with the code that tells the page not to try again."""
        output = await self.line.receive_output(timeout=10)
        return bool(output["type"] == "websocket.close" and output["code"] == 4403)

    async def closes(self) -> None:
        await self.line.disconnect()


async def me(customer: Customer, *regions: str, **more: Any) -> Socket:
    cookie = await in_thread(cookie_of)(customer.user)
    origin = {"host": BRAND_HOST, "origin": f"http://{BRAND_HOST}", "cookie": cookie}
    return Socket("/ws/me/", *regions, **{**origin, **more})


async def directory(*regions: str, cookie: str = "adult=yes", **more: Any) -> Socket:
    """The page of a visitor without an account, past the age gate unless `cookie` says otherwise."""
    origin = {"host": BRAND_HOST, "origin": f"http://{BRAND_HOST}", "cookie": cookie.encode()}
    return Socket("/ws/directory/", *regions, **{**origin, **more})


async def console(operator: Operator, *regions: str, **more: Any) -> Socket:
    cookie = await in_thread(cookie_of)(operator.user)
    origin = {"host": PORTAL_HOST, "origin": f"http://{PORTAL_HOST}", "cookie": cookie}
    return Socket("/ws/operator/", *regions, **{**origin, **more})


def state_of(update: dict[str, Any]) -> str:
    """The state that a call panel shows."""
    shown = re.search(r'data-state="([a-z]+)"', update["html"])
    assert shown
    return shown[1]


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
    group, layer = customer_group(customer.pk), get_channel_layer()
    assert isinstance(layer, NotifyChannelLayer)
    assert layer._state().groups[group]
    has_left = True
    await in_thread(given_credit)(customer, "5.00")
    await asyncio.sleep(0.3)
    await socket.closes()
    assert not layer._state().groups.get(group)


async def test_a_call_is_seen_from_the_click_to_the_receipt() -> None:
    customer, operator = await in_thread(given_customer)(balance="45.00"), await in_thread(given_operator)()
    panel = f"call-panel.{operator.pk}"
    socket = await me(customer, panel, "call-bar", "active-call")
    assert await socket.opens()
    call: Call = await in_thread(when_called)(customer, operator)
    first = await socket.hears_of(panel, **{"call-announcement": "Connecting"})
    assert (first["object"], state_of(first)) == (f"call.{call.call_id}", "connecting")
    assert (await socket.hears_of("wallet"))["slots"]["balance"] == "$32.04"  # 12.96 is held

    await in_thread(tell)(call, "ringing", at=1, leg="customer")
    assert state_of(await socket.hears_of(panel)) == "ringing"
    await in_thread(tell)(call, "started", at=10)
    started = await socket.hears_of(panel)
    assert state_of(started) == "live"
    assert 'data-granted-seconds="180"' in started["html"]
    assert operator.stage_name in (await socket.hears_of("call-bar"))["html"]
    assert "Hang up" in (await socket.hears_of("active-call"))["html"]
    await in_thread(tell)(call, "ended", at=137, why="hangup", ended_by="operator")
    message = f"{operator.stage_name} hung up."
    over = await socket.hears_of(panel, **{"call-announcement": message})
    assert state_of(over) == "ended"
    assert "$12.96" in over["html"]
    assert (await socket.hears_of("wallet"))["slots"]["balance"] == "$32.04"
    sequences = [
        m["sequence"] for m in socket.heard if m.get("region") == panel and m["object"] == over["object"]
    ]
    assert sequences == sorted(set(sequences))
    await socket.closes()


async def test_a_page_that_is_open_hears_what_a_grant_holds_more() -> None:
    customer, operator = await in_thread(given_customer)(balance="45.00"), await in_thread(given_operator)()
    socket = await me(customer)
    await socket.opens()
    call: Call = await in_thread(when_called)(customer, operator)
    assert (await socket.hears_of("wallet"))["slots"]["balance"] == "$32.04"
    await in_thread(tell)(call, "progress", at=100, elapsed_ms="90000")
    assert (await socket.hears_of("wallet"))["slots"]["balance"] == "$28.05"
    await socket.closes()


async def test_money_in_mid_call_is_heard_with_the_longer_grant() -> None:
    customer, operator = await in_thread(given_customer)(balance="4.98"), await in_thread(given_operator)()
    call: Call = await in_thread(when_called)(customer, operator)
    await in_thread(tell)(call, "started", at=0)
    socket = await me(customer, f"call-panel.{operator.pk}")
    await socket.opens()
    await in_thread(given_credit)(customer, "20.00")
    while 'data-granted-seconds="180"' not in (await socket.hears_of(f"call-panel.{operator.pk}"))["html"]:
        pass
    await socket.closes()


async def test_an_operator_hears_the_offered_call_with_an_alias_and_what_it_earns() -> None:
    customer, operator = await in_thread(given_customer)(), await in_thread(given_operator)()
    opened_at = time_sequence()
    socket = await console(operator, *CONSOLE)
    assert await socket.opens()
    call: Call = await in_thread(when_called)(customer, operator)
    assert customer.alias in (await socket.hears_of("console-facts"))["html"]
    await in_thread(tell)(call, "started", at=10)
    joined = await socket.hears_of("console-talk", **{"console-title": "You’re talking"})
    assert "$3.98" in joined["html"]  # 80 % of the first minute, and of the fee
    await in_thread(tell)(call, "ended", at=137)
    await socket.hears_of("console-talk", **{"console-title": "No call right now"})
    today = await socket.hears_of("console-today")
    assert "$10.37" in today["html"]
    assert today["sequence"] > opened_at, "the page was rendered by the time, and would drop what is older"
    await socket.closes()


async def test_an_operator_hears_of_a_tip_from_whom_and_what_they_get_and_the_customer_of_their_balance() -> (
    None
):
    customer, operator = await in_thread(given_customer)(), await in_thread(given_operator)()
    call: Call = await in_thread(when_called)(customer, operator)
    await in_thread(when_talked)(call, 59_000)
    page, socket = await me(customer), await console(operator, "console-tips", "console-today")
    assert await page.opens()
    assert await socket.opens()
    await in_thread(tip_on_call)(
        customer=customer, call_id=call.call_id, brand=call.brand, amount_minor=1000, idempotency_key="k"
    )
    words = f"{customer.alias} tipped you $8.00"
    assert words in (await socket.hears_of("console-tips", **{"tip-news": words}))["html"]
    assert "$11.98" in (await socket.hears_of("console-today"))["html"]
    await page.hears_of("wallet", balance="$30.02")
    tip = await in_thread(Transaction.objects.get)(kind="tip")
    await in_thread(refund_reference)(
        reference=tip.reference, reason="a slip", actor=None, idempotency_key="r"
    )
    assert words not in (await socket.hears_of("console-tips", **{"tip-news": ""}))["html"]
    await socket.closes()
    await page.closes()


@pytest.mark.parametrize(("path", "host"), [("/ws/me/", BRAND_HOST), ("/ws/operator/", PORTAL_HOST)])
async def test_a_stranger_is_refused(path: str, host: str) -> None:
    await in_thread(BrandFactory)()
    socket = Socket(path, host=host, origin=f"http://{host}")
    await socket.opens()
    assert await socket.is_refused()
    await socket.closes()


async def test_people_of_another_kind_are_refused() -> None:
    operator, customer = await in_thread(given_operator)(), await in_thread(given_customer)()
    staff = await in_thread(StaffFactory)()
    for user, path, host in [
        (operator.user, "/ws/me/", BRAND_HOST),
        (customer.user, "/ws/operator/", PORTAL_HOST),
        (staff, "/ws/me/", BRAND_HOST),
        (customer.user, "/ws/board/", "admin.localhost"),
    ]:
        cookie = await in_thread(cookie_of)(user)
        socket = Socket(path, host=host, origin=f"http://{host}", cookie=cookie)
        await socket.opens()
        assert await socket.is_refused()
        await socket.closes()


@pytest.mark.parametrize(
    ("path", "host"), [("/ws/operator/", BRAND_HOST), ("/ws/me/", PORTAL_HOST), ("/ws/me/", "nobody.example")]
)
async def test_a_site_has_only_its_own_sockets(path: str, host: str) -> None:
    cookie = await in_thread(cookie_of)((await in_thread(given_customer)()).user)
    assert not await Socket(path, host=host, origin=f"http://{host}", cookie=cookie).opens()


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
    socket = await me(customer, "call-bar", "active-call")
    await socket.opens()
    call: Call = await in_thread(when_called)(other, await in_thread(given_operator)())
    await in_thread(tell)(call, "started", at=10)
    assert await socket.hears_nothing_more()
    await socket.closes()


@pytest.mark.parametrize("noise", ["hello", "{", "[" * 5000, '"text"', '{"type": "nothing"}', "null"])
async def test_what_a_client_says_is_answered_with_an_error_and_does_no_harm(noise: str) -> None:
    customer = await in_thread(given_customer)()
    socket = await me(customer)
    await socket.opens()
    assert (await socket.hears())["type"] == "synced"
    await socket.line.send_to(text_data=noise)
    assert await socket.hears() == {"type": "error", "code": "invalid"}
    await in_thread(given_credit)(customer, "1.00")
    assert (await socket.hears_of("wallet"))["slots"]["balance"] == "$46.00"
    await socket.closes()


async def test_a_page_learns_that_its_line_is_alive_and_one_that_asks_too_often_is_closed() -> None:
    socket = await me(await in_thread(given_customer)())
    await socket.opens()
    for _ in range(60):
        await socket.line.send_to(text_data="sync")
        assert (await socket.hears())["type"] == "synced"
    await socket.line.send_to(text_data="sync")
    assert (await socket.hears())["type"] == "synced"  # of the beginning
    assert (await socket.line.receive_output(timeout=10))["code"] == 4429


async def test_no_message_holds_a_number_of_either_side() -> None:
    customer, operator = await in_thread(given_customer)(), await in_thread(given_operator)()
    panel = f"call-panel.{operator.pk}"
    theirs, ours = await me(customer, panel, "call-bar"), await console(operator, *CONSOLE)
    await theirs.opens()
    await ours.opens()
    call: Call = await in_thread(when_called)(customer, operator)
    for state, at in [("ringing", 1), ("answered", 5), ("started", 10)]:
        await in_thread(tell)(call, state, at=at)
    await ours.hears_of("console-talk", **{"console-title": "You’re talking"})
    await in_thread(tell)(call, "ended", at=70)
    await ours.hears_of("console-talk", **{"console-title": "No call right now"})
    while state_of(await theirs.hears_of(panel)) != "ended":
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
    regions = [f"{kind}.{operator.pk}" for kind in ("card-status", "card-actions", "call-panel")]
    socket = await directory(*regions, "call-bar", "active-call")
    assert await socket.opens()
    call: Call = await in_thread(when_called)(customer, operator)
    # A page shows what is true when it reads, so the call ends only after the page has shown it.
    assert "Busy" in (await socket.hears_of(regions[0]))["html"]
    assert "quick-call-btn" not in (await socket.hears_of(regions[1]))["html"]
    assert state_of(await socket.hears_of(regions[2])) == "busy"
    await in_thread(tell)(call, "started", at=10)
    await in_thread(tell)(call, "ended", at=70, why="hangup", ended_by="customer")
    while "Online" not in (await socket.hears_of(regions[0]))["html"]:
        pass
    assert "data-sheet" in (await socket.hears_of(regions[1]))["html"]
    updates = [message for message in socket.heard if "region" in message]
    assert {update["region"] for update in updates} == set(regions)
    assert {update["object"] for update in updates} == {f"operator.{operator.pk}"}
    await socket.closes()


async def test_a_page_hears_nothing_of_operators_that_it_does_not_show() -> None:
    shown, other = await in_thread(given_operator)(), await in_thread(given_operator)()
    socket = await directory(f"card-status.{shown.pk}")
    await socket.opens()
    await in_thread(when_called)(await in_thread(given_customer)(), other)
    assert await socket.hears_nothing_more()
    await socket.closes()


@pytest.mark.parametrize("cookie", ["", "adult=no", "adult=", "other=yes"])
async def test_before_the_age_gate_nobody_hears_who_is_online(cookie: str) -> None:
    await in_thread(BrandFactory)()
    socket = await directory(cookie=cookie)
    await socket.opens()
    assert await socket.is_refused()
    await socket.closes()


@pytest.mark.parametrize("origin", ["https://evil.example", f"http://{PORTAL_HOST}", "null", None])
async def test_a_page_of_another_site_cannot_look_around_with_the_visitors_cookie(origin: str | None) -> None:
    socket = await directory(origin=origin)
    assert not await socket.opens()
