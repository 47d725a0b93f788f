"""Pushes reach pages that people are using: somebody hangs up right after one, and types on through several."""

import itertools
import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, WebSocket, expect

from customers.models import Customer
from demo.people import PASSWORD
from messaging.models import Conversation
from messaging.services.reply import reply
from messaging.services.send import send
from operators.models import Operator
from operators.selectors import customer_history
from telephony.models import Call
from telephony.push import push_call
from telephony.services.extend_live_call import extend_live_call
from tests.browser.conftest import NewPage
from tests.browser.people import log_in, module_is
from tests.browser.product import Product
from tests.browser.test_operator_at_work import enter
from tests.factories import BrandFactory, CustomerPhoneFactory
from tests.scenario import given_credit, given_customer, given_operator

BRANDS = ["flirts", "nycflirts"]
PRESSES_NOTHING = "+19990240000"  # it rings for 24 s first
_numbers = itertools.count(5000)  # the seconds after which a simulated phone hangs up
# What a person would miss: where the focus is, what is typed and selected, how far the field is scrolled, and where on the
# screen stands what they read (a bar above it that grows by a line is scrolled away by the browser).
HOLD = """() => {
  const field = document.activeElement;
  const read = [...document.querySelectorAll(".bubbles > li")].at(-1) ?? field;
  const top = Math.round(read.getBoundingClientRect().top);
  return [field.id, field.value, field.selectionStart, field.selectionEnd, field.scrollTop, top];
}"""


@dataclass(frozen=True)
class Two:
    """A customer with money and a phone, and an operator on both brands."""

    customer: Customer
    operator: Operator
    product: Product

    def extend(self) -> None:
        """What the adapter's question, or new money, does to a running call: both sides' pages are pushed to."""
        self.product.ask(extend_live_call, customer_id=self.customer.pk)

    def progress(self) -> None:
        """Something about the call changed that both sides may see."""

        def change() -> None:
            call = Call.objects.with_people().get(customer=self.customer)
            call.sequence += 1
            call.save(update_fields=["sequence"])
            push_call(call)

        self.product.ask(change)


@pytest.fixture
def two(product: Product, request: pytest.FixtureRequest) -> Two:
    """Its parameter, if any: the operator's phone."""

    def make() -> tuple[Customer, Operator]:
        brands = [BrandFactory(slug=slug) for slug in BRANDS]
        number = next(_numbers)
        phone = getattr(request, "param", f"+1999100{number + 1000}")
        operator = given_operator(user__password=PASSWORD, brands=brands, phone=phone)
        customer = given_customer(user__password=PASSWORD, phone=False)
        CustomerPhoneFactory(customer=customer, number=f"+1999100{number}")
        return customer, operator

    return Two(*product.ask(make), product)


class Swaps:
    """The updates that a page's sockets brought; attach before the page is opened."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.updates: list[dict[str, Any]] = []
        page.on("websocket", self._listen)

    @contextmanager
    def expect(self, kind: str) -> Iterator[None]:
        """In this block a push changes the region of this kind, and the page shows it."""
        region, earlier = self.region(kind), len(self.updates)
        before = int(region.get_attribute("data-sequence") or 0)
        yield
        expect(region).not_to_have_attribute("data-sequence", str(before))
        assert int(region.get_attribute("data-sequence") or 0) > before
        pushed = [update.get("region", "") for update in self.updates[earlier:]]
        assert any(name.startswith(kind) for name in pushed), f"not by a push: {pushed}"

    def region(self, kind: str) -> Locator:
        return self.page.locator(f'[data-region^="{kind}"]').first

    def _listen(self, socket: WebSocket) -> None:
        socket.on("framereceived", lambda frame: self.updates.append(json.loads(frame)))


def call(two: Two, page: Page) -> None:
    """Log in and call from the operator's page; returns once both talk."""
    log_in(page, two.customer.user.email)
    page.goto(f"/operators/{two.operator.slug}/")
    page.get_by_role("button", name=re.compile("^Call ")).click()
    module_is(page, "live")


@pytest.mark.parametrize("brand", BRANDS)
def test_a_customer_hangs_up_after_a_push(new_page: NewPage, two: Two, brand: str) -> None:
    page = new_page(brand, "phone")
    swaps = Swaps(page)
    call(two, page)
    with swaps.expect("call-panel"):
        two.extend()
    page.locator("call-module").get_by_role("button", name="Hang up").click()
    module_is(page, "ended")
    expect(page.locator("call-module")).to_contain_text("You hung up.")


def test_an_operator_ends_the_call_after_a_push(new_page: NewPage, two: Two) -> None:
    console = new_page("portal", "phone")
    swaps = Swaps(console)
    enter(console, two.operator.user.email)
    customer = new_page("flirts", "desktop")
    call(two, customer)
    expect(console.get_by_role("heading", name="You’re talking")).to_be_visible()
    with swaps.expect("console-talk"):
        two.extend()
    console.get_by_role("button", name="End the call").click()
    expect(console.get_by_role("button", name="End the call")).to_have_count(0)
    module_is(customer, "ended")
    assert_ended(two)


def test_staff_end_a_call_after_a_push(new_page: NewPage, two: Two) -> None:
    desk = new_page("admin", "desktop", path="/accounts/login/")
    swaps = Swaps(desk)
    enter(desk, "staff@aeims.test")
    desk.goto("/backoffice/live-calls/")
    expect(desk.get_by_role("status")).to_have_text("Live.")
    customer = new_page("flirts", "desktop")
    call(two, customer)
    row = desk.get_by_role("row", name=re.compile(two.operator.stage_name))
    expect(row).to_contain_text("answered")
    with swaps.expect("live-calls"):
        two.extend()
    row.get_by_role("link", name="Hang up").click()
    desk.get_by_label("Reason").fill("Both asked for it")
    desk.get_by_role("button", name="Hang up").click()
    module_is(customer, "ended")
    assert_ended(two)


@pytest.mark.parametrize("brand", BRANDS)
def test_a_customer_types_while_pushes_arrive_and_hangs_up_in_the_bar(
    new_page: NewPage, two: Two, brand: str
) -> None:
    two.product.ask(write_to_each_other, two)
    page = new_page(brand, "phone")
    swaps = Swaps(page)
    call(two, page)
    page.goto(f"/messages/{two.operator.slug}/")
    field = page.locator("#message_text")
    bar = page.get_by_role("region", name="Your call")
    expect(bar.locator(".call-cost")).to_be_visible()
    field.click()
    for number in range(1, 4):
        field.press_sequentially(f"Line {number} of what I mean to say")
        with swaps.expect("call-bar"), held(page):
            two.extend()
        page.keyboard.press("Shift+Enter")
    page.keyboard.press("Control+Home")
    page.keyboard.press("Control+Shift+ArrowRight")
    with swaps.expect("call-bar"), held(page):
        two.product.ask(given_credit, two.customer, "1.00")
    page.keyboard.type("Part")
    expect(field).to_have_value(re.compile(r"^Part 1 of what I mean to say\nLine 2 of .*\nLine 3 of .*\n$"))
    bar.get_by_role("button", name="Hang up").click()
    expect(bar).to_be_hidden()
    assert_ended(two)
    expect(field).to_have_value(re.compile(r"^Part 1 of what I mean to say\n"))


@pytest.mark.parametrize("two", [PRESSES_NOTHING], indirect=True)
def test_an_operator_writes_a_note_while_pushes_arrive(new_page: NewPage, two: Two) -> None:
    console = new_page("portal", "phone")
    swaps = Swaps(console)
    enter(console, two.operator.user.email)
    customer = new_page("flirts", "desktop")
    log_in(customer, two.customer.user.email)
    customer.goto(f"/operators/{two.operator.slug}/")
    customer.get_by_role("button", name=re.compile("^Call ")).click()
    note = console.get_by_label("Your note about this caller")
    expect(console.get_by_role("button", name="Accept the call")).to_be_visible()  # the page is as it stays
    note.click()
    for number in range(1, 7):  # more lines than the field is high
        note.press_sequentially(f"Line {number}")
        with swaps.expect("console-caller"), held(console):
            two.progress()
        console.keyboard.press("Enter")
    console.keyboard.press("ArrowUp")
    console.keyboard.press("Shift+End")
    console.evaluate("document.activeElement.scrollTop = 7")
    with swaps.expect("console-caller"), held(console):
        two.progress()
    console.keyboard.type("The last line")
    expect(note).to_have_value(re.compile(r"^Line 1\n(Line \d\n){4}The last line\n$"))
    console.get_by_role("button", name="Save").click()
    expect(console.get_by_text("Note saved.")).to_be_visible()
    note.click()
    console.keyboard.press("Control+End")
    console.keyboard.type("Written as the caller gave up")
    two.product.end_calls()
    module_is(customer, "failed")
    expect(note).to_have_count(0)
    expect(console.get_by_text("Note saved.")).to_be_visible()

    def kept() -> list[str]:
        return two.product.ask(customer_history, two.operator.pk, two.customer.pk).note.splitlines()[-2:]

    for _ in range(50):  # it is saved as its field goes
        if kept() == ["The last line", "Written as the caller gave up"]:
            return
        console.wait_for_timeout(100)
    raise AssertionError(kept())


@contextmanager
def held(page: Page) -> Iterator[None]:
    """Nothing of what the person holds is different after this block."""
    before = settled(page)
    assert before[0], "a field has the focus"
    yield
    assert page.evaluate(HOLD) == before


def settled(page: Page) -> list[Any]:
    """What is held once a field that grew with what was typed has moved what stands above it."""
    earlier = None
    while (now := page.evaluate(HOLD)) != earlier:
        earlier = now
        page.evaluate("() => new Promise((done) => requestAnimationFrame(() => setTimeout(done, 50)))")
    return list(now)


def assert_ended(two: Two) -> None:
    def is_over() -> bool:
        return not Call.objects.get(customer=two.customer).is_live

    assert two.product.ask(is_over)


def write_to_each_other(two: Two) -> None:
    """Enough that the page scrolls."""
    send(customer=two.customer, operator_id=two.operator.pk, text="Message 0")
    conversation = Conversation.objects.get(operator=two.operator)
    for number in range(1, 25):
        reply(operator=two.operator, conversation_id=conversation.pk, text=f"Message {number}")
