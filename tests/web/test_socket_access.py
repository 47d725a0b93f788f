"""Sockets end with the right to them: within seconds of logging out, of a lost right, of a block."""

import asyncio
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from channels.testing import WebsocketCommunicator
from django.contrib.auth.models import Group, Permission
from django.contrib.sessions.models import Session
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from aeims.asgi import application
from core import clock
from customers.models import Customer, User
from messaging.services.block import block, unblock
from messaging.states import Side
from operators.models import Operator
from tests.factories import StaffFactory, UserFactory
from tests.messaging.scenario import between, text
from tests.scenario import BRAND_HOST, given_credit, given_customer, given_operator, logged_in
from tests.telephony.test_sockets import in_thread
from web import socket_access
from web.consumers import CHANGED, REFUSED, TOO_MUCH

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("channel_layer")]
PORTAL_HOST, ADMIN_HOST = "portal.localhost", "admin.localhost"


class Page:
    """An open page of somebody in a browser of theirs."""

    def __init__(self, browser: Client, path: str) -> None:
        host = browser.defaults["HTTP_HOST"]
        cookie = "; ".join(f"{name}={morsel.value}" for name, morsel in browser.cookies.items())
        headers = [
            (b"host", host.encode()),
            (b"origin", f"http://{host}".encode()),
            (b"cookie", cookie.encode()),
        ]
        self.line = WebsocketCommunicator(application, path, headers=headers)

    async def opened(self) -> "Page":
        connected, _ = await self.line.connect(timeout=10)
        assert connected
        return self

    async def code(self, seconds: float = 5) -> int | None:
        """With which code it is closed within so many seconds; None if it stays open."""
        try:
            async with asyncio.timeout(seconds):
                while True:
                    output = await self.line.receive_output(timeout=seconds)
                    if output["type"] == "websocket.close":
                        return int(output["code"])
        except TimeoutError:
            return None

    async def is_open(self) -> bool:
        """Whether it answers."""
        await self.line.send_to(text_data="sync")
        while True:
            output = await self.line.receive_output(timeout=5)
            if output["type"] == "websocket.close":
                return False
            if '"synced"' in output.get("text", ""):
                return True

    async def closes(self) -> None:
        await self.line.disconnect()


Case = tuple[User, str, str]


def people() -> dict[str, Case]:
    """Each kind of socket, and who may open it."""
    customer, operator = given_customer(), given_operator()
    text(customer, operator)
    conversation = f"/ws/conversations/{between(customer, operator).pk}/"
    return {
        "customer": (customer.user, BRAND_HOST, "/ws/me/"),
        "operator": (operator.user, PORTAL_HOST, "/ws/operator/"),
        "conversation": (customer.user, BRAND_HOST, conversation),
        "other side": (operator.user, PORTAL_HOST, conversation),
        "staff": (StaffFactory(), ADMIN_HOST, "/ws/board/"),
    }


KINDS = ["customer", "operator", "conversation", "other side", "staff"]


async def opened(case: Case) -> tuple[Client, Page]:
    user, host, path = case
    browser = await in_thread(logged_in)(user, host)
    return browser, await Page(browser, path).opened()


@pytest.mark.parametrize("kind", KINDS)
async def test_logging_out_closes_the_sockets_of_that_browser_and_of_no_other(kind: str) -> None:
    case = (await in_thread(people)())[kind]
    browser, page = await opened(case)
    _, elsewhere = await opened(case)
    await in_thread(browser.post)("/accounts/logout/")
    assert await page.code() == CHANGED
    assert await elsewhere.is_open()
    again = await Page(browser, case[2]).opened()
    assert await again.code() == REFUSED
    for line in (page, elsewhere, again):
        await line.closes()


@pytest.mark.parametrize("kind", KINDS)
async def test_disabling_an_account_closes_its_sockets(kind: str) -> None:
    case = (await in_thread(people)())[kind]
    _, page = await opened(case)

    def disable() -> None:
        user = User.objects.get(pk=case[0].pk)
        user.is_active = False
        user.save()

    await in_thread(disable)()
    assert await page.code() == CHANGED
    await page.closes()


def support() -> tuple[User, Group]:
    """Somebody of staff who sees calls by the rights of a group."""
    group = Group.objects.create(name="Listeners")
    group.permissions.add(Permission.objects.get(codename="view_call", content_type__app_label="telephony"))
    staff = UserFactory(is_staff=True)
    staff.groups.add(group)
    return staff, group


def leave_group(staff: User, group: Group) -> None:
    staff.groups.remove(group)


def take_from_group(staff: User, group: Group) -> None:
    group.permissions.clear()


def end_staff(staff: User, group: Group) -> None:
    User.objects.get(pk=staff.pk).save()  # nothing lost yet
    row = User.objects.get(pk=staff.pk)
    row.is_staff = False
    row.save()


@pytest.mark.parametrize("lose", [leave_group, take_from_group, end_staff])
async def test_losing_the_right_to_its_page_closes_the_board(lose: Callable[[User, Group], None]) -> None:
    staff, group = await in_thread(support)()
    _, page = await opened((staff, ADMIN_HOST, "/ws/board/"))
    await in_thread(lose)(staff, group)
    assert await page.code() == CHANGED
    await page.closes()


async def test_staff_without_the_right_to_the_page_never_open_the_board() -> None:
    staff = await in_thread(UserFactory)(is_staff=True)
    _, page = await opened((staff, ADMIN_HOST, "/ws/board/"))
    assert await page.code() == REFUSED
    await page.closes()


def conversing() -> tuple[Customer, Operator, str]:
    customer, operator = given_customer(), given_operator()
    text(customer, operator)
    return customer, operator, f"/ws/conversations/{between(customer, operator).pk}/"


@pytest.mark.parametrize("side", list(Side))
async def test_a_block_closes_the_conversation_on_both_sides_and_nothing_else(side: Side) -> None:
    customer, operator, path = await in_thread(conversing)()
    pages = [
        (await opened((customer.user, BRAND_HOST, path)))[1],
        (await opened((operator.user, PORTAL_HOST, path)))[1],
    ]
    _, own = await opened((customer.user, BRAND_HOST, "/ws/me/"))
    ids = {"customer_id": customer.pk, "operator_id": operator.pk, "side": side, "actor": None}
    await in_thread(block)(**ids)
    assert [await page.code() for page in pages] == [CHANGED, CHANGED]
    assert await own.is_open()
    _, refused = await opened((customer.user, BRAND_HOST, path))
    assert await refused.code() == REFUSED
    await in_thread(unblock)(**ids)
    _, again = await opened((customer.user, BRAND_HOST, path))
    assert await again.is_open()
    for page in (*pages, own, refused, again):
        await page.closes()


async def test_a_closed_socket_is_told_nothing_more_even_if_its_page_does_not_leave() -> None:
    case = (await in_thread(people)())["customer"]
    browser, page = await opened(case)
    await in_thread(browser.post)("/accounts/logout/")
    assert await page.code() == CHANGED
    await in_thread(given_credit)(await in_thread(Customer.objects.get)(user=case[0]), "5.00")
    assert await page.line.receive_nothing(timeout=0.5)
    await page.closes()


def deactivate(user: User) -> None:
    User.objects.filter(pk=user.pk).update(is_active=False)


def drop_sessions(user: User) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"DELETE FROM {Session._meta.db_table}")


def change_password(user: User) -> None:
    User.objects.filter(pk=user.pk).update(password="another")


@pytest.mark.parametrize("change", [deactivate, drop_sessions, change_password])
async def test_what_no_push_told_of_is_found_by_the_look_once_a_minute(
    change: Callable[[User], None],
) -> None:
    cases = await in_thread(people)()
    pages = {kind: (await opened(cases[kind]))[1] for kind in KINDS}
    await in_thread(change)(cases["customer"][0])
    assert await pages["customer"].is_open()
    await socket_access.look()
    assert await pages["customer"].code() == CHANGED
    if change is not drop_sessions:
        assert await pages["staff"].is_open()
    for page in pages.values():
        await page.closes()


async def test_the_look_is_one_statement_however_many_sockets_are_open() -> None:
    cases = await in_thread(people)()
    pages = [(await opened(case))[1] for case in cases.values() for _ in range(2)]

    def counted(holders: Any) -> Any:
        with CaptureQueriesContext(connection) as queries:
            found = original(holders)
        counts.append(len(queries))
        return found

    counts: list[int] = []
    original = socket_access.rights_of
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(socket_access, "rights_of", counted)
        await socket_access.look()
    assert counts == [1]
    assert all([await page.is_open() for page in pages])
    for page in pages:
        await page.closes()
    assert socket_access._looking.get(asyncio.get_running_loop()) is None


def test_a_session_has_ended_by_our_clock_whatever_the_databases_says() -> None:
    customer = given_customer()
    session = logged_in(customer.user, BRAND_HOST).session
    holder = (session.session_key, customer.user.pk)
    for hours, is_over in ((-1, False), (1, True)):
        at = session.get_expiry_date() + timedelta(hours=hours)
        with clock.using(lambda at=at: at):  # type: ignore[misc]
            assert (socket_access.rights_of([holder]) == {}) == is_over


JUNK: list[dict[str, Any]] = [
    {"text": text}
    for text in ["", "x", "{", "[]", "7", "null", '"sync"', "[" * 3000, "9" * 5000, '{"type": null}', '{"type": ["read"], "up_to": 1}',
                 '{"type": "read", "up_to": true}', '{"type": "read", "up_to": -1}', '{"type": "read", "up_to": 1e400}', '{"type": "read"}',
                 '{"type": "draft"}', '{"type": "draft", "text": 7}', '{"type": "draft", "text": "a\\u0000b"}', '{"type": "draft", "text": "\\ud800"}',
                 '{"type": "read", "up_to": 99999999999999999999}', '{"type": "delivered", "up_to": "1"}', "x" * 1_000_000]
] + [{"bytes": b""}, {"bytes": b"\x00\xff"}, {"bytes": b"sync"}, {"bytes": b"x" * 1_000_000}]  # fmt: skip


@pytest.mark.parametrize("kind", ["customer", "conversation", "staff"])
async def test_junk_gets_an_error_and_nothing_else(kind: str, caplog: pytest.LogCaptureFixture) -> None:
    _, page = await opened((await in_thread(people)())[kind])
    assert await page.is_open()
    for number, junk in enumerate(JUNK):
        await page.line.send_input({"type": "websocket.receive", **junk})
        while '"error"' not in (output := await page.line.receive_output(timeout=5)).get("text", ""):
            assert output["type"] == "websocket.send", (number, junk)
    assert await page.is_open()
    assert not [record for record in caplog.records if record.exc_info]
    await page.closes()


async def test_a_page_that_says_more_than_a_person_can_is_closed() -> None:
    _, page = await opened((await in_thread(people)())["conversation"])
    for _ in range(3000):
        await page.line.send_to(text_data="sync")
    assert await page.code(10) == TOO_MUCH
    await page.closes()


@pytest.mark.parametrize(
    ("header", "value"),
    [(b"origin", b"http://["), (b"origin", b"\xff\xfe"), (b"cookie", b'sessionid="\\000aaaaaaaaaaaa"'), (b"cookie", b"sessionid=;;=\xff")],
)  # fmt: skip
async def test_a_header_that_is_none_refuses_the_socket(header: bytes, value: bytes) -> None:
    case = (await in_thread(people)())["customer"]
    browser = await in_thread(logged_in)(case[0], BRAND_HOST)
    page = Page(browser, case[2])
    page.line.scope["headers"] = [(n, v) for n, v in page.line.scope["headers"] if n != header] + [
        (header, value)
    ]
    connected, _ = await page.line.connect(timeout=10)
    assert not connected or await page.code() == REFUSED
    await page.closes()
