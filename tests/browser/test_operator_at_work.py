"""An operator's evening in a browser: online, a call, figures that agree to the cent, a rating, texts; staff look on."""

import re

import pytest
from playwright.sync_api import Page, expect

from billing.ledger.models import Entry
from billing.ledger.states import AccountKind
from billing.selectors import payable_minor
from core import clock
from core.money import format_money
from demo.people import PASSWORD
from operators.models import Operator, OperatorDay
from operators.selectors import today_figures
from phones.services.store_number import store_number
from tests.browser.conftest import PATIENCE_MS, NewPage
from tests.browser.page_checks import Watch, assert_accessible, assert_fits
from tests.browser.people import assert_agree, figures, log_in, module_is
from tests.browser.product import Product

OPERATOR = "mira@aeims.test"
STILL = {"reduced_motion": "reduce"}  # colours are looked at, not their way from light to dark
PORTAL_PAGES = [
    "/",
    "/dashboard/",
    "/statement/",
    "/customers/",
    "/ratings/",
    "/settings/",
    "/settings/profile/",
    "/settings/preview/",
    "/settings/prices/",
    "/settings/phones/",
    "/settings/hours/",
    "/settings/channels/",
    "/settings/greeting/",
    "/settings/notifications/",
    "/settings/privacy/",
    "/messages/",
    "/more/",
]


def enter(page: Page, email: str, site: str = "") -> None:
    """Log in to the portal or the back office; `site` where the page has no address of its own."""
    page.goto(f"{site}/accounts/login/?next=/")
    page.locator("[name=login]").fill(email)
    page.locator("[name=password]").fill(PASSWORD)
    page.locator("main, #content").first.get_by_role("button", name="Log in").click()
    page.wait_for_url(re.compile(r"/$"))


def owed(product: Product) -> int:
    """What the ledger owes the operator, which must also be the sum of their days and of their entries."""

    def read() -> int:
        operator = Operator.objects.get(user__email=OPERATOR)
        minor = payable_minor(operator.pk)
        mine = Entry.objects.filter(account__kind=AccountKind.PAYABLE, account__operator=operator)
        assert minor == sum(mine.values_list("amount_minor", flat=True))
        assert minor == sum(
            OperatorDay.objects.filter(operator=operator).values_list("earned_minor", flat=True)
        )
        return minor

    return product.ask(read)


def earned_today(product: Product) -> int:
    """What the operator's day has in its roll-up."""

    def read() -> int:
        operator = Operator.objects.select_related("user").get(user__email=OPERATOR)
        return today_figures(operator, clock.now())["earned_minor"]

    return product.ask(read)


def pause_after_a_call(product: Product, seconds: int) -> None:
    """Let the operator wrap up for so long (the product of these tests begins without)."""

    def change() -> int:
        return Operator.objects.filter(user__email=OPERATOR).update(wrap_up_seconds=seconds)

    assert product.ask(change) == 1


def test_an_evening_at_work(new_page: NewPage, product: Product) -> None:
    pause_after_a_call(product, 60)
    console = new_page("portal", "desktop", **STILL)
    enter(console, OPERATOR)
    console.get_by_role("button", name="Away").click()
    expect(console.get_by_role("heading", name="You are away")).to_be_visible()
    console.get_by_role("button", name="Online").click()
    expect(console.get_by_role("heading", name="You are online")).to_be_visible()
    second_tab = console.context.new_page()
    second_tab.goto("/")
    before, today = owed(product), earned_today(product)
    expect(console.locator('[data-part="earned-today"]')).to_have_text(format_money(today))

    customer = new_page("flirts", "phone")
    log_in(customer, "second@aeims.test")
    customer.goto("/operators/mira/")
    customer.get_by_role("button", name=re.compile("Call Mira")).click()
    expect(console.get_by_role("heading", name="Incoming call")).to_be_visible()
    expect(console.locator('[data-part="alias"]')).to_have_text("Cedar Lynx 217")
    expect(console.locator('[data-part="rate"]')).to_have_text("$3.49/min, 80% yours")
    expect(console.locator('[data-part="free"]')).to_have_text("no minutes")
    expect(console.locator('[data-part="past"]')).to_contain_text("1 call")
    module_is(customer, "live")
    for tab in (console, second_tab):
        expect(tab.get_by_role("heading", name="You’re talking")).to_be_visible()
    assert_same_second(console, customer)
    expect(console.locator('[data-part="earned"]')).to_have_text("$3.58")  # 80 % of 3.49, and of the fee
    assert_accessible(console, "the console in a call")
    assert_fits(console, "the console in a call")

    console.get_by_label("Your note about this caller").fill("Asked about the radio years")
    console.get_by_role("button", name="Save").click()
    console.get_by_role("button", name="End the call").click()
    module_is(customer, "ended")
    earned = before + 358
    for tab in (console, second_tab):
        expect(tab.locator('[data-part="earned-today"]')).to_have_text(format_money(today + 358))
    assert owed(product) == earned
    expect(console.get_by_role("heading", name="You are wrapping up")).to_be_visible()
    console.get_by_role("button", name="I’m ready").click()
    expect(console.get_by_role("heading", name="You are online")).to_be_visible()
    expect(second_tab.get_by_role("heading", name="You are online")).to_be_visible()
    pause_after_a_call(product, 0)

    assert_every_page_says(console, new_page, earned, today + 358)
    rate_and_answer(customer, console)
    text_each_way(customer, console)


def assert_same_second(console: Page, customer: Page) -> None:
    """Both timers show the same second."""
    mine = console.locator('[data-part="time"]')
    assert_agree(console, lambda: (figures(customer)[0], ""), lambda: (mine.inner_text(), ""))


def assert_every_page_says(console: Page, new_page: NewPage, earned: int, today: int) -> None:
    """Dashboard, statement and the staff's page of the operator agree to the cent with the ledger."""
    console.goto("/dashboard/")
    expect(console.locator(".figure-row dd").first).to_have_text(format_money(today))
    console.goto("/statement/")
    expect(console.locator('[data-sum="earned"]')).to_have_text(format_money(earned))
    expect(console.locator('[data-sum="owed"]')).to_have_text(format_money(earned))
    console.goto("/customers/")
    expect(console.locator("main")).to_contain_text("Asked about the radio years")
    desk = new_page("admin", "desktop", path="/accounts/login/")
    enter(desk, "staff@aeims.test")
    desk.goto("/backoffice/transactions/?operator=mira")
    desk.get_by_role("link", name="Mira").first.click()
    facts = desk.locator(".desk-facts").filter(has_text="Payable now")
    expect(facts).to_contain_text(f"Owed {format_money(earned)}".split()[1])


def rate_and_answer(customer: Page, console: Page) -> None:
    customer.get_by_role("link", name="View receipt").click()
    customer.get_by_label("4 stars, good").check()
    customer.get_by_label("A few words (optional)").fill("A patient listener")
    assert_accessible(customer, "the form of a rating")
    customer.get_by_role("button", name="Rate").click()
    expect(customer.get_by_role("heading", name="Your rating: 4 of 5")).to_be_visible()
    console.goto("/ratings/")
    rating = console.get_by_role("listitem").filter(has_text="A patient listener")
    rating.get_by_label("Your reply").fill("Thank you, see you soon")
    rating.get_by_role("button", name="Reply", exact=True).click()
    customer.goto("/operators/mira/")
    expect(customer.get_by_role("heading", name="Reviews")).to_be_visible()  # the call was short
    expect(customer.locator("main")).to_contain_text("Thank you, see you soon")


def text_each_way(customer: Page, console: Page) -> None:
    console.goto("/")
    customer.goto("/messages/mira/")
    customer.get_by_role("textbox", name="Message to Mira").fill("Are you on tomorrow?")
    agree = customer.get_by_role("checkbox")
    if agree.count():
        agree.check()
    customer.get_by_role("button", name=re.compile("Send")).click()
    inbox = console.get_by_role("region", name="Conversations")
    expect(inbox).to_contain_text("1 new")
    expect(inbox).to_contain_text("Are you on tomorrow?")
    inbox.get_by_role("link", name="Cedar Lynx 217").click()
    console.get_by_role("textbox", name="Message to Cedar Lynx 217").fill("From eight on")
    console.get_by_role("button", name="Send").click()
    expect(customer.get_by_role("log")).to_contain_text("From eight on")


@pytest.mark.parametrize("size", ["phone", pytest.param("desktop", marks=pytest.mark.long)])
def test_every_page_of_the_portal_is_accessible_and_fits(new_page: NewPage, size: str) -> None:
    page = new_page("portal", size, **STILL)
    enter(page, "operator@aeims.test")
    for address in PORTAL_PAGES:
        page.goto(address)
        assert_accessible(page, address)
        assert_fits(page, address)
    page.goto("/customers/")
    page.locator("main tbody a").first.click()
    expect(page.get_by_role("heading", name="Give free minutes")).to_be_visible()
    assert_accessible(page, "one customer")
    assert_fits(page, "one customer")


def test_a_lost_line_heals_and_nothing_is_missed(new_page: NewPage, watch: Watch) -> None:
    console = new_page("portal", "desktop", **STILL)
    enter(console, "operator@aeims.test")
    console.context.set_offline(True)
    console.evaluate(
        "window.dispatchEvent(new Event('online'))"
    )  # the browser noticed: the old line is dropped
    expect(console.locator("[data-connection-note]")).to_be_visible()
    elsewhere = new_page("portal", "phone")
    enter(elsewhere, "operator@aeims.test")
    elsewhere.get_by_role("button", name="Away").click()
    expect(elsewhere.get_by_role("heading", name="You are away")).to_be_visible()
    console.context.set_offline(False)
    expect(console.get_by_role("heading", name="You are away")).to_be_visible()
    expect(console.locator("[data-connection-note]")).to_be_hidden()
    elsewhere.get_by_role("button", name="Online").click()
    expect(console.get_by_role("heading", name="You are online")).to_be_visible()
    watch.complaints = [said for said in watch.complaints if "ERR_INTERNET_DISCONNECTED" not in said]


PRESSES_NOTHING = "+19990010000"


def test_accept_on_the_console_joins_nobody_whose_phone_presses_nothing(
    new_page: NewPage, product: Product
) -> None:
    dana = Operator.objects.filter(user__email="dana@aeims.test")
    phone = product.ask(lambda: dana.get().phone)
    product.ask(lambda: dana.update(phone_number=store_number(PRESSES_NOTHING)))
    console = new_page("portal", "phone", **STILL)
    enter(console, "dana@aeims.test")
    customer = new_page("nycflirts", "desktop")
    log_in(customer, "second@aeims.test")
    customer.goto("/operators/dana/")
    customer.get_by_role("button", name=re.compile("Call Dana")).click()
    accept = console.get_by_role("button", name="Accept the call")
    expect(accept).to_be_visible()
    assert_accessible(console, "the console while the phone rings")
    accept.click()
    expect(console.get_by_text(re.compile("press 1", re.IGNORECASE)).first).to_be_visible()
    console.wait_for_timeout(3000)  # a voicemail would be joined by now
    expect(console.get_by_role("heading", name="You’re talking")).to_have_count(0)
    console.get_by_role("button", name="Decline").click()
    module_is(customer, "failed")
    expect(customer.locator("call-module")).to_contain_text(re.compile("weren[’']t charged"))
    product.ask(lambda: dana.update(phone_number=store_number(phone)))


def test_the_board_of_live_calls_follows_and_ends_a_call(new_page: NewPage) -> None:
    desk = new_page("admin", "desktop", path="/accounts/login/")
    enter(desk, "staff@aeims.test")
    desk.goto("/backoffice/live-calls/")
    expect(desk.get_by_role("status")).to_have_text("Live.")
    customer = new_page("flirts", "desktop")
    log_in(customer, "customer@aeims.test")
    customer.goto("/operators/jonah/")
    customer.get_by_role("button", name=re.compile("Call Jonah")).click()
    row = desk.get_by_role("row", name=re.compile("Jonah"))
    expect(row).to_contain_text("answered", timeout=PATIENCE_MS)
    row.get_by_role("link", name="Hang up").click()
    desk.get_by_label("Reason").fill("a test")
    desk.get_by_role("button", name="Hang up").click()
    module_is(customer, "ended")
    expect(customer.locator("call-module")).to_contain_text("Our staff ended the call.")
    desk.goto("/backoffice/live-calls/")
    expect(desk.locator("tbody")).to_contain_text("No calls in progress.")
