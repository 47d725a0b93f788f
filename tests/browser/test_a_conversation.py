"""Two people in two browsers write to each other: live, priced, and nothing lost when the line is cut."""

import re
from dataclasses import dataclass
from datetime import timedelta

import pytest
from allauth.account.models import EmailAddress
from playwright.sync_api import Locator, Page, WebSocketRoute, expect

from billing.selectors import wallet_of
from billing.services.debit_wallet import debit_wallet
from brands.models import Brand
from core import clock
from customers.models import Customer, User
from demo.people import PASSWORD
from messaging.models import Conversation, Message
from messaging.services.reply import reply
from messaging.services.send import send
from operators.models import Listing, Operator
from operators.states import ApprovalStatus, Presence
from tests.browser.conftest import NewPage
from tests.browser.page_checks import assert_accessible, assert_fits
from tests.browser.people import log_in
from tests.browser.product import Product
from tests.factories import agreed_to
from tests.scenario import given_credit


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
    agreed_to(customer)
    operator = Operator.objects.create(
        user=User.objects.create_user(f"{name}-o@example.com", PASSWORD),
        stage_name="Mara",
        slug=name,
        approval_status=ApprovalStatus.APPROVED,
        presence=Presence.ONLINE,
    )
    Listing.objects.create(operator=operator, brand=brand)
    for user in (customer.user, operator.user):
        EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
    given_credit(customer, 10_00)
    return customer, operator


def enter_portal(page: Page, two: Two) -> None:
    page.goto("/accounts/login/")
    page.locator("[name=login]").fill(two.operator.user.email)
    page.locator("[name=password]").fill(PASSWORD)
    page.locator("main").get_by_role("button", name="Log in").click()
    expect(page.get_by_role("link", name="Messages")).to_be_visible()


def write(page: Page, words: str) -> None:
    page.locator("#message_text").fill(words)
    page.locator(".composer-row button").click()


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
    expect(mine.locator('.conversation-price [data-slot="balance"]')).to_have_text("$9.50")
    expect(mine.get_by_role("checkbox")).to_have_count(0)

    theirs = new_page("portal", "desktop")
    enter_portal(theirs, two)
    theirs.goto("/messages/")
    expect(theirs.locator("main .unread-count")).to_contain_text("1")
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
    write(elsewhere, "Sent from there")
    expect(theirs.locator(".bubble-text").last).to_have_text("Sent from there")


# What is fetched comes late.
SLOW = """
const fetchNow = window.fetch;
const letIn = new Promise((resolve) => { window.__letIn = resolve; });
window.fetch = async (url, ...more) => {
  const answer = await fetchNow(url, ...more);
  if (/[/]messages[/][0-9]+[/]messages[/]/.test(url)) await letIn;
  return answer;
};
"""


def test_what_was_read_before_its_sender_had_an_answer_is_shown_as_read(new_page: NewPage, two: Two) -> None:
    two.product.ask(lambda: send(customer=two.customer, operator_id=two.operator.pk, text="Hello"))
    mine = new_page("flirts", "phone")
    log_in(mine, two.customer.user.email)
    mine.goto(f"/messages/{two.operator.slug}/")
    theirs = new_page("portal", "desktop")
    enter_portal(theirs, two)
    theirs.add_init_script(SLOW)
    told: list[str] = []
    theirs.on("websocket", lambda socket: socket.on("framereceived", lambda frame: told.append(str(frame))))
    theirs.goto("/messages/")
    theirs.get_by_role("link", name="Coral Wren 7").click()
    expect(mine.locator('[data-part="presence"]')).to_be_visible()
    write(theirs, "Read at once")
    expect(mine.locator(".bubble-text").last).to_have_text("Read at once")
    for _ in range(200):
        theirs.wait_for_timeout(50)
        if any('"marks"' in frame and '"read":2' in frame for frame in told):
            break
    else:
        pytest.fail(f"nobody said that it was read: {told}")
    theirs.evaluate("window.__letIn()")
    expect(theirs.locator('.bubble--mine [data-part="delivery"]')).to_have_text("read")


def waiting(page: Page) -> Locator:
    return page.locator('.masthead [data-part="unread"]')


def test_what_waits_is_shown_and_said_on_every_page_the_moment_it_arrives(
    new_page: NewPage, two: Two
) -> None:
    mine = new_page("flirts", "phone")
    log_in(mine, two.customer.user.email)
    theirs = new_page("portal", "phone")
    enter_portal(theirs, two)
    theirs.goto("/settings/")
    expect(waiting(theirs)).to_be_hidden()
    mine.goto(f"/messages/{two.operator.slug}/")
    mine.get_by_role("checkbox").check()
    write(mine, "Good evening")
    expect(waiting(theirs)).to_have_text("1 new")
    expect(theirs.locator('[data-part="unread-said"]')).to_have_text("1 new message")
    assert_accessible(theirs, "a page on which a message waits")
    assert_fits(theirs, "a page on which a message waits")

    mine.goto("/dashboard/")
    desk = theirs.context.new_page()
    desk.goto("/messages/")
    desk.get_by_role("link", name="Coral Wren 7").click()
    expect(waiting(theirs)).to_be_hidden()
    for number, words in enumerate(("One", "Two"), start=1):
        write(desk, words)
        expect(waiting(mine)).to_have_text(f"{number} new")
    expect(mine.locator('[data-part="unread-said"]')).to_have_text("2 new messages")
    assert_accessible(mine, "the dashboard while messages wait")
    assert_fits(mine, "the dashboard while messages wait")
    mine.get_by_role("link", name="Messages 2 new").click()
    mine.get_by_role("link", name="Mara").click()
    expect(mine.locator(".bubble")).to_have_count(3)
    expect(waiting(mine)).to_be_hidden()
    write(desk, "Three")
    expect(mine.locator(".bubble")).to_have_count(4)
    expect(waiting(mine)).to_be_hidden()
    expect(mine.locator('[data-part="unread-said"]')).to_have_text("")


def test_the_field_stays_in_reach_and_what_is_read_stays_in_place(new_page: NewPage, two: Two) -> None:
    two.product.ask(a_long_talk, two)
    mine = new_page("flirts", "phone")
    log_in(mine, two.customer.user.email)
    mine.goto(f"/messages/{two.operator.slug}/")
    expect(mine.locator(".bubble-text").last).to_be_in_viewport(ratio=1)
    expect(mine.locator("#message_text")).to_be_in_viewport(ratio=1)
    assert mine.locator(".bubbles-day").count() >= 2, "a heading for each day"
    theirs = new_page("portal", "desktop")
    enter_portal(theirs, two)
    theirs.goto("/messages/")
    theirs.get_by_role("link", name="Coral Wren 7").click()
    write(theirs, "Seen at once")
    expect(mine.locator(".bubble-text").last).to_have_text("Seen at once")
    expect(mine.locator(".bubble-text").last).to_be_in_viewport(ratio=1)

    mine.get_by_role("link", name="Earlier messages").scroll_into_view_if_needed()
    oldest = mine.locator(".bubble-text").first
    words = oldest.inner_text()
    mine.get_by_role("link", name="Earlier messages").click()
    expect(mine.locator(".bubble")).to_have_count(62)
    expect(mine.get_by_text(words, exact=True)).to_be_in_viewport()
    expect(mine.locator("#message_text")).to_be_in_viewport(ratio=1)
    headings = mine.locator(".bubbles-day").all_inner_texts()
    assert len(headings) == len(set(headings)) == 3, headings
    mine.evaluate("window.scrollTo(0, 0)")
    write(theirs, "Further down")
    expect(mine.get_by_role("button", name="New message")).to_be_visible()
    expect(mine.get_by_text("Further down")).not_to_be_in_viewport()
    assert_accessible(mine, "further up in a conversation")
    mine.get_by_role("button", name="New message").click()
    expect(mine.get_by_text("Further down")).to_be_in_viewport(ratio=1)
    expect(mine.get_by_role("button", name="New message")).to_be_hidden()


def a_long_talk(two: Two) -> None:
    """61 messages on three days, the last of them today."""
    now = clock.now()
    for number in range(61):
        with clock.using(lambda n=number: now - timedelta(days=(60 - n) // 25)):
            if number in (0, 11, 36):  # the first of each day
                send(customer=two.customer, operator_id=two.operator.pk, text=f"Message {number}")
            else:
                conversation = Conversation.objects.get(operator=two.operator)
                reply(operator=two.operator, conversation_id=conversation.pk, text=f"Message {number}")


def test_with_too_little_money_the_text_is_kept_and_funds_are_offered(new_page: NewPage, two: Two) -> None:
    two.product.ask(lambda: take_money(two.customer, 9_80, "kept"))
    mine = new_page("nycflirts", "phone")
    two.product.ask(
        lambda: Listing.objects.create(operator=two.operator, brand=Brand.objects.get(slug="nycflirts"))
    )
    log_in(mine, two.customer.user.email)
    mine.goto(f"/messages/{two.operator.slug}/")
    expect(mine.locator(".composer-funds")).to_be_visible()
    assert_accessible(mine, "a conversation without funds")
    assert_fits(mine, "a conversation without funds")
    with mine.expect_response("**/api/messages/draft/"):
        mine.locator("#message_text").fill("Worth keeping")
    mine.get_by_role("link", name="Add funds").click()
    mine.wait_for_url("**/funds/")
    mine.goto(f"/messages/{two.operator.slug}/")
    expect(mine.locator("#message_text")).to_have_value("Worth keeping")
    two.product.ask(lambda: given_credit(two.customer, 5_00))
    expect(mine.locator(".composer-funds")).to_be_hidden()
    mine.get_by_role("checkbox").check()
    mine.locator(".composer-row button").click()
    expect(mine.locator(".bubble-text")).to_have_text("Worth keeping")


def take_money(customer: Customer, amount_minor: int, key: str) -> None:
    debit_wallet(customer=customer, amount_minor=amount_minor, reason="test", actor=None, idempotency_key=key)


def test_a_block_is_seen_and_taken_back_where_one_would_write(new_page: NewPage, two: Two) -> None:
    two.product.ask(lambda: send(customer=two.customer, operator_id=two.operator.pk, text="Hello"))
    theirs = new_page("portal", "phone")
    enter_portal(theirs, two)
    theirs.goto("/messages/")
    theirs.get_by_role("link", name="Coral Wren 7").click()
    theirs.get_by_role("button", name="Report or block").click()
    expect(theirs.get_by_role("dialog")).to_be_visible()
    assert_accessible(theirs, "reporting and blocking")
    theirs.keyboard.press("Escape")
    expect(theirs.get_by_role("dialog")).to_be_hidden()
    theirs.get_by_role("button", name="Report or block").click()
    theirs.get_by_role("button", name="Block", exact=True).click()
    expect(theirs.locator("#message_text")).to_have_count(0)
    expect(theirs.locator(".bubble-note")).to_have_text(
        "Refunded to the customer: the conversation ended before a reply"
    )
    assert_accessible(theirs, "a conversation that was ended")
    theirs.get_by_role("button", name="Unblock").click()
    expect(theirs.locator("#message_text")).to_be_visible()


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
    expect(mine.locator('[data-part="presence"]')).to_be_hidden()
    write(mine, "Five")  # the API still answers: what lies between is fetched too
    expect(mine.locator(".bubble-text").last).to_have_text("Five")
    write(theirs, "Six")
    expect(mine.locator(".bubble-text").last).to_have_text("Six")  # asked for with every try of the line
    assert line.open == []
    line.mend()
    expect(mine.locator('[data-part="presence"]')).to_be_visible()
    assert bubbles(mine) == bubbles(theirs) == two.texts() == ["One", "Two", "Three", "Four", "Five", "Six"]
    assert two.balance() == 9_00


def test_what_would_be_hidden_is_shown_before_it_is_sent(new_page: NewPage, two: Two) -> None:
    two.product.ask(lambda: send(customer=two.customer, operator_id=two.operator.pk, text="Hello"))
    mine = new_page("flirts", "phone")
    log_in(mine, two.customer.user.email)
    mine.goto(f"/messages/{two.operator.slug}/")
    write(mine, "Call 212 555 0100")
    box = mine.get_by_role("group", name="We’ll hide the phone number in your message.")
    expect(box).to_contain_text("Call (number hidden)")
    expect(box).to_be_focused()
    expect(mine.locator("#message_text")).to_be_hidden()
    assert_accessible(mine, "asking before a number is hidden")
    assert_fits(mine, "asking before a number is hidden")
    box.get_by_role("button", name="Edit").click()
    expect(mine.locator("#message_text")).to_have_value("Call 212 555 0100")
    expect(mine.locator("#message_text")).to_be_focused()
    assert two.balance() == 9_50
    mine.locator(".composer-row button").click()
    box.get_by_role("button", name="Send it like this · $0.50").click()
    expect(mine.locator(".bubble .bubble-text").last).to_have_text("Call (number hidden)")
    expect(mine.locator("#message_text")).to_be_focused()
    expect(mine.locator("#message_text")).to_have_value("")
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
