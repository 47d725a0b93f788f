"""An operator's evening: a laptop with two tabs that falls asleep, a phone, and callers of every kind. Nothing that happened is lost.

Each ring has the operator's telephone and two of these: a page in front, a hidden one, a notification that is shown, a push that
was handed over; in the long form, beside which nothing else is at work, within three seconds. A tab is hidden because another one
is in front, and by Chromium's own judgment; the laptop sleeps by being stopped (`laptop.py`), for three minutes in the long form.
Each caller is found afterwards with what truly happened, and the figures are the ledger's.
"""

import re
from collections.abc import Callable
from contextlib import suppress

import pytest
from django.test import override_settings
from playwright.sync_api import Error, Locator, Page, expect

from billing.ledger.models import Entry
from billing.ledger.states import AccountKind
from billing.models import Case
from billing.selectors import payable_minor
from core import clock
from core.errors import NotAllowed
from core.money import format_money
from customers.models import Customer
from operators.models import Operator
from operators.selectors import customer_history, today_figures
from telephony.services.hang_up import hang_up_as_customer
from telephony.services.initiate import initiate
from telephony.services.request_callback import request_callback
from tests.browser.evening import (
    NAP_SECONDS,
    NOTE_PRESS,
    PRESSES_1,
    RINGS_ON,
    SOON,
    THREE_MINUTES,
    VOICEMAIL,
    Evening,
    caller,
    evening,
    laptop,
    press,
    talk,
)
from tests.browser.laptop import is_hidden
from tests.browser.page_checks import assert_accessible, assert_fits, shot
from tests.browser.test_push import SHOWN, wait_for
from tests.messaging.scenario import between, text
from tests.scenario import given_customer

__all__ = ["evening", "laptop"]  # fixtures


def chat_of(page: Page) -> Locator:
    return page.get_by_role("textbox", name=re.compile("^Message to "))


def answered_with_a_tab_that_dies(evening: Evening) -> Customer:
    """What was begun, a note and a text, is in the other tab, also after the first one was killed in mid-word."""
    customer = caller(evening, "Answered Ann 1")
    evening.product.ask(text, customer, evening.operator, "Are you on tonight?")
    other = evening.product.ask(given_customer, alias="Later Lou 9")
    evening.product.ask(text, other, evening.operator, "Hello")
    tab, second_tab = evening.tab, evening.second_tab
    tab.bring_to_front()
    call = talk(evening, customer, tab, second_tab)
    first = tab.locator("console-chat .row").first
    expect(first).to_contain_text("Answered Ann 1")
    expect(first).to_contain_text("On the phone")
    for page in (second_tab, tab):
        page.bring_to_front()
        page.get_by_role("link", name="Answered Ann 1").click()
        expect(page.locator("console-chat .bubble-text")).to_have_text("Are you on tonight?")
    assert_accessible(tab, "the console with a conversation")
    assert_fits(tab, "the console with a conversation")
    shot(tab, "console-chat")
    chat_of(tab).press_sequentially("See you at ni")
    expect(chat_of(second_tab)).to_have_value("See you at ni")
    wait_for(lambda: is_hidden(second_tab), tab)
    tab.get_by_label("Your note about this caller").press_sequentially("Bakes bre")
    expect(tab.locator('[data-part="note-state"]')).to_have_text(re.compile("^Saved"))
    with suppress(Error):
        tab.goto("chrome://crash")
    tab.close()
    assert evening.product.ask(customer_history, evening.operator.pk, customer.pk).note == "Bakes bre"
    expect(second_tab.get_by_label("Your note about this caller")).to_have_value("Bakes bre")
    second_tab.bring_to_front()
    chat_of(second_tab).press_sequentially("ne")
    chat_of(second_tab).press("Enter")
    expect(second_tab.locator("console-chat .bubble-text").last).to_have_text("See you at nine")
    expect(chat_of(second_tab)).to_have_value("")
    chat_of(second_tab).press("Escape")
    expect(second_tab.get_by_role("heading", name="Conversations", exact=True)).to_be_visible()
    expect(second_tab.locator("console-chat a[data-pane]").first).to_be_focused()
    conversation = evening.product.ask(between, customer, evening.operator)
    assert (conversation.operator_draft, conversation.operator_unread) == ("", 0)
    press(second_tab, "End the call")
    evening.is_over(call)
    return customer


def missed_in_a_hidden_tab(evening: Evening) -> Customer:
    """She reads something else: the hidden tab hears it, and a notification is shown, until it says that the call was missed."""
    customer = caller(evening, "Missed Max 2")
    evening.her_phone(RINGS_ON)
    evening.laptop.elsewhere.bring_to_front()
    wait_for(lambda: is_hidden(evening.second_tab), evening.phone)
    call = evening.calls(customer)
    evening.assert_rang(call, evening.second_tab, evening.phone, is_shown=True)

    def cancel() -> None:
        with override_settings(ASTERISK_ADAPTER_URL=evening.product.adapter_url):
            hang_up_as_customer(customer=customer, call_id=call.call_id)

    evening.product.ask(cancel)
    evening.is_over(call)
    wait_for(lambda: evening.titles() == ["Missed call"], evening.phone)
    [shown] = evening.worker.evaluate(SHOWN)
    assert customer.alias not in str(shown)
    missed = evening.second_tab.locator(".console-missed")
    expect(missed).to_contain_text("Missed Max 2", timeout=60_000)
    wait_for(lambda: is_hidden(evening.second_tab), evening.phone)
    evening.her_phone(PRESSES_1)
    return customer


def declined_while_the_laptop_sleeps(evening: Evening) -> Customer:
    """It rings on the phone, and is declined there. The laptop hears nothing of it until it wakes up, and is right by itself."""
    customer = caller(evening, "Declined Dee 3")
    evening.her_phone(RINGS_ON)
    with evening.laptop.asleep(evening.nap_seconds):
        call = evening.calls(customer)
        press(evening.phone, "Decline")
        evening.is_over(call)
        evening.assert_rang(call, evening.phone)
    missed = evening.second_tab.locator(".console-missed")
    expect(missed).to_contain_text("Declined Dee 3")
    expect(missed).to_contain_text("You declined.")
    wait_for(lambda: is_hidden(evening.second_tab), evening.phone)
    expect(evening.second_tab).not_to_have_title(re.compile("Incoming call"))
    wait_for(lambda: "Incoming call" not in evening.titles(), evening.phone)
    evening.second_tab.bring_to_front()
    expect(evening.second_tab.get_by_role("heading", name="You are online")).to_be_visible()
    expect(evening.second_tab.locator("[data-connection-note]")).to_be_hidden()
    evening.laptop.elsewhere.bring_to_front()
    evening.her_phone(PRESSES_1)
    return customer


def voicemail(evening: Evening) -> Customer:
    customer = caller(evening, "Voicemail Val 4")
    evening.her_phone(VOICEMAIL)
    call = evening.calls(customer)
    evening.assert_rang(call, evening.second_tab, evening.phone, is_shown=True)
    evening.phone.wait_for_timeout(5_000)
    evening.is_over(call)
    evening.her_phone(PRESSES_1)
    return customer


def ended_and_reported(evening: Evening) -> Customer:
    """Within a second of the press it is over, and they are blocked from then on."""
    customer = caller(evening, "Blocked Bo 5")
    call = talk(evening, customer, evening.phone, evening.second_tab)
    evening.phone.locator("summary").filter(has_text="End and report").click()
    evening.phone.evaluate(NOTE_PRESS)
    press(evening.phone, "End, block, and report")
    evening.is_over(call)
    pressed_at = evening.phone.evaluate("window.pressed") / 1000
    cases = Case.objects.filter(reference=call.call_id)  # opened once the call was ended
    case = wait_for(lambda: evening.product.ask(cases.first), evening.phone)
    ended_at = evening.now(call).ended_at
    assert ended_at is not None
    if evening.is_timed:
        assert ended_at.timestamp() - pressed_at <= 1
        assert case.opened_at.timestamp() - pressed_at <= SOON.total_seconds()
    with pytest.raises(NotAllowed):
        evening.product.ask(initiate, customer=customer, operator_id=evening.operator.pk)
    return customer


def asked_for_a_callback(evening: Evening) -> Customer:
    customer = caller(evening, "Callback Cy 6")
    brand = customer.home_brand
    evening.product.ask(request_callback, customer=customer, operator_id=evening.operator.pk, brand=brand)
    expect(evening.phone.get_by_text("Callback Cy 6").first).to_be_visible()
    return customer


def free_minutes(evening: Evening) -> Customer:
    customer = caller(evening, "Free Fay 7", free_minutes=10)
    call = talk(evening, customer, evening.phone, evening.second_tab)
    press(evening.phone, "End the call")
    evening.is_over(call)
    return customer


def dropped(evening: Evening) -> Customer:
    """The caller's telephone is gone in the middle of it."""
    customer = caller(evening, "Dropped Di 8", talks="0014")
    call = talk(evening, customer, evening.phone, evening.second_tab)
    evening.is_over(call)
    return customer


SHORT = (
    answered_with_a_tab_that_dies,
    missed_in_a_hidden_tab,
    declined_while_the_laptop_sleeps,
    ended_and_reported,
)
FULL = (*SHORT, voicemail, asked_for_a_callback, free_minutes, dropped)
MISSED = {
    "Missed Max 2": "They hung up before you answered.",
    "Declined Dee 3": "You declined.",
    "Voicemail Val 4": "Was it voicemail?",
}


@pytest.mark.parametrize(
    ("parts", "nap_seconds"),
    [
        pytest.param(SHORT, NAP_SECONDS, id="short"),
        pytest.param(FULL, THREE_MINUTES, id="full", marks=pytest.mark.long),
    ],
)
def test_an_evening(
    evening: Evening, parts: tuple[Callable[[Evening], Customer], ...], nap_seconds: int
) -> None:
    evening.nap_seconds, evening.is_timed = nap_seconds, parts is FULL
    callers = [part(evening) for part in parts]
    page = evening.phone
    page.goto("/missed/")
    missed = page.locator("main").inner_text()
    page.goto("/statement/")
    statement = page.locator("main").inner_text()
    page.goto("/")
    console = page.locator("main").inner_text()
    for customer in callers:
        if customer.alias in MISSED:
            row = page.locator(".console-missed .row, .row").filter(has_text=customer.alias)
            assert MISSED[customer.alias] in missed, missed
            assert customer.alias in missed
            expect(row.first).to_contain_text(MISSED[customer.alias])
            assert customer.alias not in statement
        elif customer.alias == "Callback Cy 6":
            assert customer.alias in console
        else:
            assert customer.alias in statement, statement
            assert customer.alias not in missed
    assert_figures_are_the_ledgers(evening, page)


def assert_figures_are_the_ledgers(evening: Evening, page: Page) -> None:
    """What the console shows is what the day's entries add up to, and that the account."""

    def read() -> tuple[int, int, int]:
        mine = Entry.objects.filter(account__kind=AccountKind.PAYABLE, account__operator=evening.operator)
        operator = Operator.objects.select_related("user").get(pk=evening.operator.pk)
        today = today_figures(operator, clock.now())["earned_minor"]
        return sum(mine.values_list("amount_minor", flat=True)), today, payable_minor(operator.pk)

    entries, today, account = evening.product.ask(read)
    assert entries == today == account > 0
    expect(page.locator('[data-part="earned-today"]').first).to_have_text(format_money(entries))
