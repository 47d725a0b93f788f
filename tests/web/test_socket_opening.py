"""A socket opens by one statement, whoever opens it; what changes just then is found nevertheless."""

from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.db.backends.utils import CursorWrapper
from pytest_django.fixtures import Settings

from customers.models import User
from tests.factories import OperatorFactory, StaffFactory
from tests.scenario import BRAND_HOST, given_customer, given_operator
from tests.telephony.test_sockets import in_thread
from tests.web.test_socket_access import ADMIN_HOST, PORTAL_HOST, Case, opened
from web import socket_access
from web.consumers import CHANGED, PushConsumer
from web.live import Region, page_of_query

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("channel_layer")]


@pytest.fixture
def statements(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Those of all threads."""
    texts: list[str] = []
    execute = CursorWrapper._execute

    def note(self: Any, sql: str, *more: Any) -> Any:
        texts.append(sql)
        return execute(self, sql, *more)

    monkeypatch.setattr(CursorWrapper, "_execute", note)
    return texts


def somebody(who: str) -> Case:
    if who == "customer":
        shown = "&".join(f"region=card-status.{given_operator().pk}" for _ in range(3))
        return given_customer().user, BRAND_HOST, f"/ws/me/?lists=1&region=call-bar&{shown}"
    operator = OperatorFactory()
    Authenticator.objects.create(user=operator.user, type="totp", data={})
    return operator.user, PORTAL_HOST, "/ws/operator/?region=console-talk"


@pytest.mark.parametrize("who", ["customer", "operator"])
async def test_a_page_opens_by_one_statement(who: str, statements: list[str], settings: Settings) -> None:
    settings.OPERATOR_SECOND_FACTOR = True
    case = await in_thread(somebody)(who)
    browser, first = await opened(case)  # keeps the connection, and has read the brands
    again = type(first)(browser, case[2])
    statements.clear()
    await again.opened()
    made = list(statements)
    assert await again.is_open()
    for page in (first, again):
        await page.closes()
    assert len(made) == 1, made
    assert "django_session" in made[0]


async def test_who_is_on_no_list_of_logins_opens_a_socket_and_keeps_it() -> None:
    case = await in_thread(somebody)("customer")
    browser, page = await opened(case)
    await in_thread(UserSession.objects.all().delete)()
    again = await type(page)(browser, case[2]).opened()
    await socket_access.look()
    assert await again.is_open()
    for one in (page, again):
        await one.closes()


async def test_what_ends_a_right_while_the_socket_opens_is_found_by_the_next_look(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    user, host, path = await in_thread(lambda: (StaffFactory(), ADMIN_HOST, "/ws/board/"))()
    join = PushConsumer._join

    async def end_before(self: PushConsumer, groups: list[str]) -> None:
        await in_thread(User.objects.filter(pk=user.pk).update)(is_active=False)  # and no push tells
        await join(self, groups)

    monkeypatch.setattr(PushConsumer, "_join", end_before)
    _, page = await opened((user, host, path))
    assert await page.is_open()
    await socket_access.look()
    assert await page.code() == CHANGED
    await page.closes()


def test_pages_that_show_the_same_share_what_their_address_says() -> None:
    kinds = frozenset({"card-status", "call-bar"})
    regions, takes_lists = page_of_query(
        b"lists=1&region=call-bar&region=card-status.7&region=other.1", kinds
    )
    assert (regions, takes_lists) == ((Region("call-bar"), Region("card-status", 7)), True)
    others, takes_lists = page_of_query(b"region=card-status.7", kinds)
    assert others[0] is regions[1]
    assert not takes_lists
