"""On every page of the portal: the bar of a call with what can be done about it, and the strip that says how one stands."""

import pytest
from django.test import Client

from billing.states import FundedBy
from operators.models import Interaction, Operator
from operators.services.presence import set_presence
from tests.messaging.scenario import text
from tests.portal.test_notes import region
from tests.scenario import (
    given_customer,
    given_free_minutes,
    given_operator,
    logged_in,
    tell,
    when_called,
    when_talked,
)
from tests.support.phone_system import PhoneSystem
from tests.telephony.test_sockets import console, in_thread
from tests.web.test_live_regions import assert_page_and_state_agree

PORTAL = "portal.localhost"
PAGES = [
    "/dashboard/",
    "/statement/",
    "/customers/",
    "/ratings/",
    "/settings/",
    "/messages/",
    "/missed/",
    "/held/",
    "/more/",
]


@pytest.fixture
def operator(db: None) -> Operator:
    return given_operator()


@pytest.fixture
def page(operator: Operator) -> Client:
    return logged_in(operator.user, PORTAL)


@pytest.mark.parametrize("address", PAGES)
def test_a_call_is_on_every_page(page: Client, operator: Operator, address: str) -> None:
    assert 'data-region="call-bar"' in page.get(address).content.decode()
    call = when_called(given_customer(alias="Amber Heron 482"), operator)
    tell(call, "ringing", at=8, leg="operator")
    shown = page.get(address).content.decode()
    for words in ("Amber Heron 482", "Incoming call", "$3.99/min, 80% yours", "Decline", "Accept the call"):
        assert words in shown
    assert 'data-state="ringing"' in shown


def test_the_console_has_the_call_and_no_bar(page: Client, operator: Operator) -> None:
    when_called(given_customer(), operator)
    assert 'data-region="call-bar"' not in page.get("/").content.decode()


def test_the_bar_says_new_or_returning_and_what_free_minutes_pay(page: Client, operator: Operator) -> None:
    customer = given_customer()
    call = when_called(customer, operator)
    assert "New" in region(page, "call-bar")
    assert "Free for the caller: no minutes" in region(page, "call-bar")
    when_talked(call, 59_000)
    given_free_minutes(customer, 10)
    when_called(customer, operator)
    shown = region(page, "call-bar")
    assert "Returning, 1 call" in shown
    assert "Free for the caller: 10 minutes" in shown
    assert "Your pay for these: up to $" in shown


def test_the_bar_says_that_free_minutes_of_the_operator_earn_nothing(
    page: Client, operator: Operator
) -> None:
    customer = given_customer()
    given_free_minutes(customer, 10, operator=operator, funded_by=FundedBy.OPERATOR)
    when_called(customer, operator)
    assert "Your pay for these: nothing" in region(page, "call-bar")


@pytest.mark.parametrize("name", ["call-bar", "console-talk"])
def test_accept_works_once_the_phone_was_picked_up(page: Client, operator: Operator, name: str) -> None:
    call = when_called(given_customer(), operator)
    assert "Accept" not in region(page, name), "the customer's phone rings"
    tell(call, "ringing", at=8, leg="operator")
    shown = region(page, name)
    assert "disabled" in shown
    assert "Pick up your phone first" in shown
    tell(call, "answered", at=10, leg="operator")
    shown = region(page, name)
    assert "Accept the call" in shown
    assert "disabled" not in shown
    assert "Pick up" not in shown


@pytest.mark.parametrize("name", ["call-bar", "console-talk"])
def test_until_the_two_talk_the_other_button_declines(page: Client, operator: Operator, name: str) -> None:
    call = when_called(given_customer(), operator)
    assert "Decline" in region(page, name)
    tell(call, "started", at=12)
    shown = region(page, name)
    assert "End the call" in shown
    assert "Decline" not in shown


@pytest.mark.parametrize("stage", [None, "ringing", "answered", "started"])
def test_pages_and_their_state_agree_in_small_regions(
    page: Client, operator: Operator, stage: str | None
) -> None:
    customer = given_customer()
    when_talked(when_called(customer, operator), 61_000)
    text(customer, operator)
    if stage:
        tell(when_called(customer, operator), stage, at=9, leg="operator")
    for address in ("/messages/", f"/customers/{Interaction.objects.get().pk}/", "/"):
        assert_page_and_state_agree(page, address)


@pytest.mark.parametrize("presence", ["online", "away", "offline"])
def test_the_strip_says_how_one_stands_in_words_and_for_styles(
    page: Client, operator: Operator, presence: str
) -> None:
    set_presence(operator_id=operator.pk, presence=presence)
    for shown in (region(page, "status-strip"), page.get("/").content.decode()):
        assert f'data-state="{presence}"' in shown
        assert f"<strong>{presence.capitalize()}</strong>" in shown


def test_the_strip_says_wrap_up_after_a_talk(page: Client, operator: Operator) -> None:
    Operator.objects.update(wrap_up_seconds=60)
    call = when_called(given_customer(), operator)
    tell(call, "started", at=12)
    assert "You’re talking" in region(page, "status-strip")
    when_talked(call, 59_000)
    assert 'data-state="wrap-up"' in region(page, "status-strip")


@pytest.mark.django_db(transaction=True)
async def test_a_page_that_shows_no_more_than_the_bar_follows_a_call(
    channel_layer: None, phone_system: PhoneSystem
) -> None:
    operator, customer = await in_thread(given_operator)(), await in_thread(given_customer)()
    socket = await console(operator, "call-bar", "status-strip")
    await socket.opens()
    call = await in_thread(when_called)(customer, operator)
    said = f"Incoming call, connecting, {customer.alias}"
    assert customer.alias in (await socket.hears_of("call-bar", **{"call-said": said}))["html"]
    await in_thread(tell)(call, "ringing", at=8, leg="operator")
    while "Pick up your phone first" not in (await socket.hears_of("call-bar"))["html"]:
        pass
    await in_thread(tell)(call, "answered", at=10, leg="operator")
    assert "disabled" not in (await socket.hears_of("call-bar"))["html"]
    await in_thread(tell)(call, "started", at=12)
    assert "End the call" in (await socket.hears_of("call-bar"))["html"]
    while 'data-state="talking"' not in (await socket.hears_of("status-strip"))["html"]:
        pass
    await in_thread(tell)(call, "ended", at=70, why="hangup", ended_by="customer")
    shown: dict[str, str] = {}
    while " hidden>" not in shown.get("call-bar", "") or 'data-state="online"' not in shown.get(
        "status-strip", ""
    ):
        update = await socket.hears()
        shown[update.get("region", "")] = update.get("html", "")
    assert all(len(update.get("html", "").encode()) <= 2048 for update in socket.heard)
    await socket.closes()


@pytest.mark.django_db(transaction=True)
async def test_the_lists_of_the_console_are_fetched_when_a_call_is_over(channel_layer: None) -> None:
    operator, customer = await in_thread(given_operator)(), await in_thread(given_customer)()
    socket = await console(operator, "console-after", "console-missed", "console-hours")
    await socket.opens()
    await in_thread(lambda: when_talked(when_called(customer, operator), 59_000))()
    wanted = {"console-after", "console-missed", "console-hours"}
    while wanted:
        update = await socket.hears()
        if update.get("region") in wanted:
            assert "html" not in update
            wanted.discard(update["region"])
    await socket.closes()
