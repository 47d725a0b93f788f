"""The operator's tool in a browser: a call by keyboard alone, a note that outlives its tab, a call on any page, and the panes."""

import itertools
import re
from contextlib import suppress

import pytest
from playwright.sync_api import Error, Locator, Page, expect

from core.money import format_money
from customers.models import Customer
from demo.people import PASSWORD
from operators.models import Operator
from operators.selectors import customer_history
from telephony.models import Call
from tests.browser.conftest import NewPage
from tests.browser.page_checks import assert_accessible, assert_fits, shot
from tests.browser.people import log_in
from tests.browser.product import Product
from tests.browser.test_operator_at_work import enter
from tests.factories import BrandFactory, CustomerPhoneFactory
from tests.scenario import given_customer, given_free_minutes, given_operator

STILL = {"reduced_motion": "reduce"}
_numbers = itertools.count(7000)
# By how many pixels the bar of a call covers the end of the page, once its height was measured.
COVERED = """async () => {
  await new Promise((painted) => requestAnimationFrame(() => requestAnimationFrame(painted)));
  const room = getComputedStyle(document.querySelector(".foot")).paddingBlockEnd;
  return document.querySelector(".call-bar").offsetHeight - parseFloat(room);
}"""


@pytest.fixture
def people(product: Product) -> tuple[Customer, Operator]:
    """A customer with money and a phone, and an operator whose phone rings for three seconds and presses 1 two seconds later."""

    def make() -> tuple[Customer, Operator]:
        number = next(_numbers)
        operator = given_operator(
            user__password=PASSWORD,
            stage_name=f"Talker {number}",  # nobody whom another test looks for
            brands=[BrandFactory(slug="flirts")],
            phone=f"+1999103{number}",
        )
        customer = given_customer(user__password=PASSWORD, phone=False)
        CustomerPhoneFactory(customer=customer, number=f"+1999100{number}")
        return customer, operator

    return product.ask(make)


def call(customer: Customer, operator: Operator, new_page: NewPage) -> Page:
    page = new_page("flirts", "desktop")
    log_in(page, customer.user.email)
    page.goto(f"/operators/{operator.slug}/")
    page.get_by_role("button", name=re.compile("^Call ")).click()
    return page


def accept_button(page: Page) -> Locator:
    return page.get_by_role("button", name="Accept the call")


def note_of(page: Page) -> Locator:
    return page.get_by_label("Your note about this caller")


def test_a_call_by_keyboard_alone_and_a_note_that_outlives_its_tab(
    new_page: NewPage, product: Product, people: tuple[Customer, Operator]
) -> None:
    customer, operator = people
    console = new_page("portal", "desktop", **STILL)
    enter(console, operator.user.email)
    console.keyboard.press("w")
    expect(console.get_by_role("heading", name="You are away")).to_be_visible()
    console.keyboard.press("o")
    expect(console.get_by_role("heading", name="You are online")).to_be_visible()
    console.keyboard.press("Shift+?")
    expect(console.get_by_role("dialog", name="Keyboard shortcuts")).to_be_visible()
    assert_accessible(console, "the list of keys")
    console.keyboard.press("Escape")
    second_tab = console.context.new_page()
    second_tab.goto("/")
    console.bring_to_front()

    call(customer, operator, new_page)
    expect(accept_button(console)).to_be_disabled()
    expect(console.get_by_text("Pick up your phone first")).to_be_visible()
    assert_accessible(console, "the console while the phone rings")
    expect(accept_button(console)).to_be_enabled()
    console.keyboard.press("a")
    expect(console.get_by_role("heading", name="You’re talking")).to_be_visible()
    accepted = Call.objects.filter(customer=customer, operator_accepted_at__isnull=False)
    assert product.ask(accepted.exists)

    console.keyboard.press("n")
    expect(note_of(console)).to_be_focused()
    console.keyboard.type("Works as a baker, wakes at fo")  # with a, w, o, and f in it
    expect(console.locator('[data-part="note-state"]')).to_have_text(re.compile(r"^Saved \d+:\d\d [AP]M$"))
    expect(note_of(second_tab)).to_have_value(re.compile("wakes at fo$"))
    expect(console.get_by_role("heading", name="You are busy")).to_be_visible()
    with suppress(Error):
        console.goto("chrome://crash")
    console.close()
    assert product.ask(customer_history, operator.pk, customer.pk).note.endswith("wakes at fo")

    messages = second_tab
    messages.goto("/messages/")
    bar = messages.get_by_role("region", name="Your call")
    expect(bar.get_by_role("button", name="End the call")).to_be_visible()
    messages.keyboard.press("Shift+H")
    expect(bar).to_be_hidden()
    messages.goto("/")
    expect(messages.get_by_text("You hung up.")).to_be_visible()
    earned = product.ask(lambda: Call.objects.get(customer=customer).terms.operator_minor)
    expect(messages.locator('[data-part="after-earned"]')).to_have_text(format_money(earned))
    expect(note_of(messages)).to_have_value(re.compile("wakes at fo$"))
    assert_accessible(messages, "the console after a call")
    shot(messages, "console-after")
    messages.locator(".console-call [data-stage]").evaluate("(part) => { part.dataset.stage = 'offered' }")
    expect(messages.locator(".console-after"), "while the next one calls").to_be_hidden()


def test_a_note_in_mid_word_stays_in_its_field_when_the_call_ends(
    new_page: NewPage, product: Product, people: tuple[Customer, Operator]
) -> None:
    customer, operator = people
    console = new_page("portal", "phone", **STILL)
    enter(console, operator.user.email)
    call(customer, operator, new_page)
    expect(console.get_by_role("heading", name="You’re talking")).to_be_visible()
    note_of(console).click()
    console.keyboard.type("Asked about the ra")
    product.end_calls()
    expect(console.get_by_text("Our staff ended the call.")).to_be_visible()
    expect(note_of(console)).to_be_focused()
    console.keyboard.type("dio years")
    expect(note_of(console)).to_have_value("Asked about the radio years")
    expect(console.locator('[data-part="note-state"]')).to_have_text(re.compile("^Saved"))
    console.reload()
    expect(note_of(console)).to_have_value("Asked about the radio years")


def test_a_call_comes_in_on_another_page_and_is_accepted_there(
    new_page: NewPage, product: Product, people: tuple[Customer, Operator]
) -> None:
    customer, operator = people
    product.ask(given_free_minutes, customer, 10)  # the bar has most lines with them
    page = new_page("portal", "phone", **STILL)
    enter(page, operator.user.email)
    page.goto("/messages/")
    title = page.title()
    call(customer, operator, new_page)
    bar = page.get_by_role("region", name="Your call")
    expect(bar.get_by_text("Pick up your phone first")).to_be_visible()
    expect(bar).to_contain_text(customer.alias)
    expect(bar).to_contain_text("New")
    expect(page).to_have_title(f"(Incoming call) {title}")
    assert_fits(page, "the bar of an incoming call")
    for width in (320, 390):
        page.set_viewport_size({"width": width, "height": 844})
        assert page.evaluate(COVERED) <= 0, "the page's end lies above the bar"
    assert_accessible(page, "the bar of an incoming call")
    shot(page, "bar-ringing")
    expect(accept_button(page)).to_be_enabled()
    accept_button(page).click()
    expect(bar.get_by_role("button", name="End the call")).to_be_visible()
    expect(page.get_by_role("region", name="Your status")).to_contain_text("You’re talking")
    expect(page).to_have_title(title)
    assert_fits(page, "the bar of a call")
    bar.get_by_role("button", name="End the call").click()
    expect(bar).to_be_hidden()


def test_keys_that_are_turned_off_do_nothing(new_page: NewPage, people: tuple[Customer, Operator]) -> None:
    _, operator = people
    page = new_page("portal", "desktop", **STILL)
    enter(page, operator.user.email)
    page.get_by_role("button", name="Keyboard shortcuts").click()
    page.get_by_label("Use keyboard shortcuts").uncheck()
    page.get_by_role("button", name="Close").click()
    page.keyboard.press("w")
    page.keyboard.press("Shift+?")
    expect(page.get_by_role("dialog", name="Keyboard shortcuts")).to_be_hidden()
    page.get_by_role("button", name="Away").click()
    expect(page.get_by_role("heading", name="You are away")).to_be_visible()
    page.keyboard.press("o")
    page.reload()
    expect(page.get_by_role("heading", name="You are away")).to_be_visible()


def box(page: Page, selector: str) -> dict[str, float]:
    found = page.locator(selector).first.bounding_box()
    assert found is not None, selector
    return dict(found)


def test_wide_screens_have_three_panes_and_phones_one_in_order_of_need(
    new_page: NewPage, people: tuple[Customer, Operator]
) -> None:
    _, operator = people
    page = new_page("portal", "desktop", **STILL)
    enter(page, operator.user.email)
    panes = [box(page, name) for name in (".console-aside", ".console-call", ".console-inbox")]
    lefts = [pane["x"] for pane in panes]
    assert lefts == sorted(lefts)
    assert len(set(lefts)) == 3
    assert max(pane["y"] for pane in panes) - min(pane["y"] for pane in panes) < 2
    assert_fits(page, "the console")
    shot(page, "console-idle")
    page.set_viewport_size({"width": 390, "height": 844})
    parts = (".console-call", ".presence", ".console-missed", "#today-title", ".console-inbox")
    tops = [box(page, name)["y"] for name in parts]
    assert tops == sorted(tops)
    assert_fits(page, "the console on a phone")
    shot(page, "console-phone")
