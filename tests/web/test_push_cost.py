"""What a push costs: statements and threads, counted at open pages."""

from collections.abc import Callable
from typing import Any

import pytest
from channels import consumer
from django.db import connection

from telephony.push import push_call
from tests.scenario import given_customer, given_operator, tell, when_called
from tests.telephony.test_sockets import Socket, console, in_thread, me
from tests.web.test_live_thread import backend, end
from web.live_thread import in_live_thread

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("channel_layer")]


async def given_a_call_on_two_pages() -> tuple[Any, list[Socket]]:
    """A call that has begun, shown by its customer's page and its operator's, which heard all of it so far."""
    customer, operator = await in_thread(given_customer)(balance="45.00"), await in_thread(given_operator)()
    pages = [
        await me(customer, f"call-panel.{operator.pk}", "call-bar"),
        await console(operator, "console-talk", "console-facts", "console-today"),
    ]
    for page in pages:
        assert await page.opens()
    call = await in_thread(when_called)(customer, operator)
    await in_thread(tell)(call, "ringing", at=1, leg="customer")
    await in_thread(tell)(call, "started", at=10)
    for page in pages:
        while not await page.hears_nothing_more():
            pass
    return call, pages


async def both_hear_of(call: Any, pages: list[Socket], *, wallet: bool = False) -> None:
    def push() -> None:
        call.refresh_from_db()
        call.sequence += 1
        call.save(update_fields=["sequence"])
        push_call(call, with_wallet=wallet)

    await in_thread(push)()
    await pages[0].hears_of("wallet" if wallet else "call-bar")
    await pages[1].hears_of("console-talk")


class Statements:
    """Those of the live thread, from its connection on."""

    def __init__(self) -> None:
        self.texts: list[str] = []

    def watch(self) -> None:
        connection.execute_wrappers.append(self._note)

    def stop(self) -> None:
        connection.execute_wrappers.remove(self._note)

    def _note(self, execute: Callable[..., Any], sql: str, *more: Any) -> Any:
        self.texts.append(sql)
        return execute(sql, *more)


@pytest.mark.parametrize(("wallet", "most"), [(False, 1), (True, 2)])
async def test_a_push_takes_one_statement_for_all_pages_and_one_for_free_minutes(
    wallet: bool, most: int
) -> None:
    call, pages = await given_a_call_on_two_pages()
    statements = Statements()
    await in_live_thread(statements.watch)
    await both_hear_of(call, pages, wallet=wallet)
    await in_live_thread(statements.stop)
    for page in pages:
        await page.closes()
    assert len(statements.texts) == most, statements.texts


async def test_a_push_goes_to_no_thread_but_the_live_one(monkeypatch: pytest.MonkeyPatch) -> None:
    call, pages = await given_a_call_on_two_pages()
    hops: list[int] = []

    async def note() -> None:
        hops.append(1)

    monkeypatch.setattr(consumer, "aclose_old_connections", note)
    await both_hear_of(call, pages)
    assert not hops
    for page in pages:
        await page.closes()
    assert hops  # what pages say goes as Channels wants it


async def test_pages_get_over_a_lost_connection_and_the_last_to_close_gives_it_back() -> None:
    call, pages = await given_a_call_on_two_pages()
    first = await in_live_thread(backend)
    await in_thread(end)(first)
    await both_hear_of(call, pages)
    second = await in_live_thread(backend)
    assert second != first
    await pages[0].closes()
    assert await in_live_thread(backend) == second
    await pages[1].closes()
    assert await in_live_thread(lambda: connection.connection) is None
