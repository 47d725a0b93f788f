"""Two people in two browsers write to each other: live, priced, and nothing lost when the line is cut."""

import re
from dataclasses import dataclass

import pytest
from allauth.account.models import EmailAddress
from playwright.sync_api import Page, WebSocketRoute, expect

from backoffice.demo.people import PASSWORD
from billing.selectors import wallet_of
from brands.models import Brand
from customers.models import Customer, User
from messaging.models import Message
from operators.models import Listing, Operator
from operators.states import Presence, Standing
from tests.billing.people import give_money
from tests.browser.conftest import NewPage
from tests.browser.eyes import assert_accessible, assert_fits
from tests.browser.people import log_in
from tests.browser.product import Product


@dataclass(frozen=True)
class Two:
    """Who writes with whom."""

    customer: Customer
    operator: Operator
    product: Product

    def balance(self) -> int:
        return self.product.ask(lambda: wallet_of(self.customer.pk).balance_minor)

    def texts(self) -> list[str]:
        rows = Message.objects.filter(conversation__operator=self.operator).order_by("number")
        return self.product.ask(lambda: list(rows.values_list("text", flat=True)))


@pytest.fixture
def two(product: Product, request: pytest.FixtureRequest) -> Two:
    name = re.sub(r"\W+", "-", request.node.name.removeprefix("test_"))[:30].strip("-_").replace("_", "-")
    return Two(*product.ask(people, name), product)


def people(name: str) -> tuple[Customer, Operator]:
    brand = Brand.objects.get(slug="flirts")
    customer = Customer.objects.create(
        user=User.objects.create_user(f"{name}@example.com", PASSWORD), alias="Coral Wren 7", home_brand=brand
    )
    operator = Operator.objects.create(
        user=User.objects.create_user(f"{name}-o@example.com", PASSWORD),
        stage_name="Mara",
        slug=name,
        standing=Standing.APPROVED,
        presence=Presence.ONLINE,
    )
    Listing.objects.create(operator=operator, brand=brand)
    for user in (customer.user, operator.user):
        EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
    give_money(customer, 10_00)
    return customer, operator


def enter_portal(page: Page, two: Two) -> None:
    page.goto("/accounts/login/")
    page.locator("[name=login]").fill(two.operator.user.email)
    page.locator("[name=password]").fill(PASSWORD)
    page.locator("main").get_by_role("button", name="Log in").click()
    expect(page.get_by_role("link", name="Messages")).to_be_visible()


def write(page: Page, words: str) -> None:
    page.locator("#message_text").fill(words)
    page.locator(".conversation-form button").click()


def bubbles(page: Page) -> list[str]:
    return page.locator(".bubble-text").all_inner_texts()


def test_two_browsers_chat_live(new_page: NewPage, two: Two) -> None:
    mine = new_page("flirts", "phone")
    log_in(mine, two.customer.user.email)
    mine.goto(f"/operators/{two.operator.slug}/")
    mine.get_by_role("link", name="Message · $0.50").click()
    expect(mine.locator(".conversation-price")).to_contain_text("$0.50")
    assert_accessible(mine, "an empty conversation")
    assert_fits(mine, "an empty conversation")

    write(mine, "Good evening")
    assert two.balance() == 10_00, "the price is confirmed before the first message"
    mine.get_by_role("checkbox").check()
    write(mine, "Good evening")
    expect(mine.locator(".bubble--mine .bubble-text")).to_have_text("Good evening")
    expect(mine.locator('.conversation-price [data-wallet="balance"]')).to_have_text("$9.50")
    expect(mine.get_by_role("checkbox")).to_have_count(0)

    theirs = new_page("portal", "desktop")
    enter_portal(theirs, two)
    theirs.goto("/messages/")
    expect(theirs.locator(".unread-count")).to_contain_text("1")
    assert_accessible(theirs, "the operator's conversations")
    theirs.get_by_role("link", name="Coral Wren 7").click()
    expect(theirs.locator(".bubble-text")).to_have_text("Good evening")
    expect(mine.locator('.bubble--mine [data-part="delivery"]')).to_have_text("read")
    expect(mine.locator('[data-part="presence"]')).to_be_visible()

    theirs.locator("#message_text").press_sequentially("Good ev")
    expect(mine.locator('[data-part="typing"]')).to_have_text("Mara is writing")
    write(theirs, "Good evening to you")
    expect(mine.locator(".bubble-text").last).to_have_text("Good evening to you")
    expect(mine.locator('[data-part="typing"]')).to_have_text("")
    expect(theirs.locator('.bubble--mine [data-part="delivery"]')).to_have_text("read")
    mine.locator("#message_text").fill("By keyboard")
    mine.locator("#message_text").press("Enter")
    expect(theirs.locator(".bubble-text").last).to_have_text("By keyboard")
    assert two.balance() == 9_00
    assert_accessible(mine, "a conversation")
    assert_accessible(theirs, "the operator's conversation")
    assert_fits(mine, "a conversation")

    mine.reload()
    assert bubbles(mine) == bubbles(theirs) == ["Good evening", "Good evening to you", "By keyboard"]
    mine.locator("#message_text").fill("Begun here")
    mine.wait_for_timeout(1200)
    elsewhere = mine.context.new_page()
    elsewhere.goto(f"/messages/{two.operator.slug}/")
    expect(elsewhere.locator("#message_text")).to_have_value("Begun here")


def test_a_cut_line_loses_and_doubles_nothing(new_page: NewPage, two: Two) -> None:
    mine = new_page("flirts", "desktop")
    line = Line(mine)
    log_in(mine, two.customer.user.email)
    mine.goto(f"/messages/{two.operator.slug}/")
    mine.get_by_role("checkbox").check()
    write(mine, "One")
    expect(mine.locator(".bubble")).to_have_count(1)
    theirs = new_page("portal", "desktop")
    enter_portal(theirs, two)
    theirs.goto("/messages/")
    theirs.get_by_role("link", name="Coral Wren 7").click()
    write(theirs, "Two")
    expect(mine.locator(".bubble")).to_have_count(2)

    line.cut()
    for words in ("Three", "Four"):
        write(theirs, words)
        expect(theirs.locator(".bubble-text").last).to_have_text(words)
    mine.wait_for_timeout(500)
    expect(mine.locator(".bubble")).to_have_count(2)
    write(mine, "Five")  # the API still answers: what lies between is fetched too
    expect(mine.locator(".bubble-text").last).to_have_text("Five")
    write(theirs, "Six")
    expect(theirs.locator(".bubble-text").last).to_have_text("Six")
    line.mend()
    expect(mine.locator(".bubble-text").last).to_have_text("Six")
    assert bubbles(mine) == bubbles(theirs) == two.texts() == ["One", "Two", "Three", "Four", "Five", "Six"]
    assert two.balance() == 9_00


class Line:
    """The sockets of a page, to be cut and mended."""

    def __init__(self, page: Page) -> None:
        self.open: list[WebSocketRoute] = []
        self.is_cut = False
        page.route_web_socket(re.compile("/ws/conversations/"), self._connect)

    def _connect(self, socket: WebSocketRoute) -> None:
        if self.is_cut:
            socket.close(code=1011)
            return
        socket.connect_to_server()
        self.open.append(socket)

    def cut(self) -> None:
        self.is_cut = True
        for socket in self.open:
            socket.close(code=1011)
        self.open.clear()

    def mend(self) -> None:
        self.is_cut = False


def test_without_javascript_the_form_does_it_all(new_page: NewPage, two: Two) -> None:
    mine = new_page("flirts", "phone", java_script_enabled=False)
    log_in(mine, two.customer.user.email)
    mine.goto(f"/messages/{two.operator.slug}/")
    mine.get_by_role("checkbox").check()
    write(mine, "By form")
    expect(mine.locator(".bubble-text")).to_have_text("By form")
    write(mine, "x" * 1000)
    expect(mine.locator(".bubble")).to_have_count(2)
    assert two.balance() == 9_00
    theirs = new_page("portal", "desktop", java_script_enabled=False)
    enter_portal(theirs, two)
    theirs.goto("/messages/")
    theirs.get_by_role("link", name="Coral Wren 7").click()
    write(theirs, "Answered by form")
    mine.reload()
    expect(mine.locator(".bubble-text").last).to_have_text("Answered by form")
    mine.goto("/messages/")
    expect(mine.locator(".row")).to_contain_text("Answered by form")
