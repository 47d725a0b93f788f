"""A stranger becomes a customer: every step of the way, on both brands, on a phone and on a desktop."""

import itertools
import re

import pytest
from playwright.sync_api import Page, StorageState, expect

from billing.models import Case, FreeMinutesPackage
from billing.services.answer_case import answer_case
from billing.services.revoke_free_minutes import revoke_free_minutes
from billing.states import CaseState
from customers.models import User
from operators.models import Operator
from operators.services.presence import set_presence
from operators.states import Presence
from tests.browser.conftest import NewPage
from tests.browser.mailbox import mail_about, mailed_code, spoken_code
from tests.browser.page_checks import Watch, assert_accessible, assert_fits
from tests.browser.people import module_is
from tests.browser.product import Product

PASSWORD = "a long walk by the river"
_serial = itertools.count(1)


@pytest.mark.parametrize(
    ("brand", "size"),
    [
        pytest.param("flirts", "phone", marks=pytest.mark.long),
        pytest.param("nycflirts", "desktop", marks=pytest.mark.long),
    ],
)
def test_from_the_gate_to_logging_out(product: Product, new_page: NewPage, brand: str, size: str) -> None:
    Journey(product, brand, new_page(brand, size, reduced_motion="reduce")).whole()


class Journey:
    """One visitor; axe-core and the width are asked at each stop."""

    def __init__(self, product: Product, brand: str, page: Page) -> None:
        self.product, self.brand, self.page = product, brand, page
        serial = next(_serial)
        self.email = f"visitor{serial}@example.test"
        self.number = f"+1999100{9000 + serial}"  # answers at once, presses 1, stays on the line

    def whole(self) -> None:
        self.arrive()
        self.find()
        self.call()
        self.change_the_account()
        self.leave()

    def arrive(self) -> None:
        page = self.page
        expect(page.get_by_role("heading", name="Are you 18 or older?")).to_be_visible()
        self.look("gate")
        page.get_by_role("button", name="I’m 18 or older").click()
        expect(page.get_by_role("heading", name="Available now")).to_be_visible()
        expect(page.get_by_text("Welcome gift: verify your phone and get 3 free minutes")).to_be_visible()
        self.look("home")
        self.look_around()
        page.get_by_role("link", name="Sign up free to call").click()
        self.look("sign-up")
        page.get_by_label("Email address").fill(self.email)
        page.get_by_label("Password (optional)").fill(PASSWORD)
        page.get_by_label("Date of birth").fill("03071990")
        page.get_by_label("I am 18 or older.").check()
        page.get_by_label("I agree to the").check()
        page.get_by_role("button", name="Create account").click()
        expect(page.get_by_role("heading", name="Check your email")).to_be_visible()
        self.look("the code of the e-mail")
        page.get_by_label("Code").fill(mailed_code(self.product, self.email))
        page.get_by_role("button", name="Continue").click()
        module_is(page, "unready")
        self.verify()
        module_is(page, "ready")
        expect(page.locator("call-module")).to_contain_text("Connection fee, covered by free minutes")
        self.look("welcomed")
        self.product.ask(_take_gifts_back, self.email)  # the rest of the way is one who pays

    def look_around(self) -> None:
        """Find somebody and read what they cost before there is an account."""
        page = self.page
        page.get_by_role("link", name="See everyone").click()
        page.get_by_role("searchbox").fill("painter")
        page.get_by_role("button", name="Search").click()
        expect(page.locator(".operator-card")).to_have_count(1)
        self.look("directory of a visitor")
        page.get_by_role("link", name="Elena", exact=True).first.click()
        module_is(page, "visitor")
        expect(page.locator("call-module")).to_contain_text("$4.49/min")
        expect(page.locator("call-module")).to_contain_text("$45.89")  # ten minutes with the fee
        self.look("operator page of a visitor")

    def verify(self) -> None:
        page = self.page
        page.get_by_role("link", name="Verify your phone").click()
        expect(page.get_by_role("heading", name="Which phone should we call?")).to_be_visible()
        self.look("phones")
        page.get_by_label("Phone number").fill(self.number)
        page.get_by_role("button", name="Call me now").click()
        expect(page.get_by_role("heading", name="We’re calling you")).to_be_visible()
        page.get_by_label("6-digit code").fill("12")
        page.get_by_role("button", name="Verify").click()
        expect(page.get_by_text("That isn’t the code. 4 tries are left.")).to_be_visible()
        self.look("a wrong code")
        page.get_by_label("6-digit code").fill(spoken_code(self.product, self.number))
        page.get_by_role("button", name="Verify").click()
        expect(page.get_by_text("is verified. You can call now.")).to_be_visible()
        expect(page.get_by_text("You got 3 free minutes, connection fee included.")).to_be_visible()
        expect(page.get_by_role("link", name="Save our number")).to_be_visible()
        self.look("a phone that rings")
        page.get_by_role("link", name="Continue").click()

    def find(self) -> None:
        page = self.page
        page.get_by_role("link", name="People", exact=True).click()
        self.look("directory")
        page.get_by_role("searchbox").fill("nobody like that")
        page.get_by_role("button", name="Search").click()
        expect(page.get_by_role("heading", name="No matches")).to_be_visible()
        self.look("nobody found")
        page.get_by_role("searchbox").fill("radio")
        page.get_by_role("button", name="Search").click()
        expect(page.locator(".operator-card")).to_have_count(1)
        with page.expect_response("**/favourite/"):
            page.get_by_role("button", name="Favorite: Mira").click()
        expect(page.get_by_role("button", name="Favorite: Mira")).to_have_attribute("aria-pressed", "true")
        page.goto("/operators/")
        expect(page.get_by_role("heading", name="Your favorites")).to_be_visible()
        self.look("directory with favourites")
        page.get_by_text("All filters and sort").click()
        page.get_by_label("Speaks").select_option("Italian")
        page.get_by_role("button", name="Apply", exact=True).click()
        expect(page.locator(".operator-card")).to_have_count(1)
        page.get_by_role("link", name="Elena", exact=True).first.click()

    def call(self) -> None:
        page = self.page
        page.goto("/operators/elena/")
        module_is(page, "unfunded")
        self.pay()
        # Half a minute is all there is: the first warning comes at once, the second after fifteen seconds.
        page.goto(f"{self.product.short_site(self.brand)}/operators/elena/")
        module_is(page, "ready")
        page.get_by_role("button", name=re.compile("Call Elena")).click()
        module_is(page, "live")
        left = page.locator('call-module [data-part="left"]')
        warning = page.locator('call-module [data-part="warning"]')
        expect(left).to_have_text(re.compile(r"^00:[12]\d left on your balance$"))
        expect(warning).to_have_text("Less than a minute left. Then the call ends.")
        expect(warning).to_have_text("Less than 15 seconds left. Then the call ends.")
        expect(left).to_have_text(re.compile(r"^00:(0\d|1[0-5]) left on your balance$"))
        page.get_by_role("button", name="Hang up").click()
        module_is(page, "ended")
        expect(page.locator("call-module")).to_contain_text("You hung up.")
        expect(page.locator('[data-part="sum-total"]')).to_have_text("$3.24")
        page.get_by_role("link", name="View receipt").click()
        expect(page.locator(".menu-line--sum")).to_contain_text("$3.24")
        self.look("receipt")

    def pay(self) -> None:
        """Add funds by card, on the card company's own site; what the statement will say is the same everywhere."""
        page = self.page
        page.get_by_role("link", name="Add funds").click()
        expect(page.get_by_text("$25, about 5 minutes with Elena")).to_be_visible()
        page.get_by_text("Other amount", exact=True).click()
        page.get_by_label("Other amount, in dollars").fill("5.47")
        statement = page.locator(".load-statement strong").inner_text()
        self.look("funds")
        page.get_by_role("button", name="Continue to card payment").click()
        page.wait_for_url(re.compile(r"^http://pay\.localhost:"))
        expect(page.get_by_text(statement)).to_be_visible()
        self.look("the card company")
        page.get_by_role("button", name="Pay $5.47").click()
        expect(page.get_by_role("heading", name="$5.47 added")).to_be_visible(timeout=20_000)
        expect(page.get_by_text(statement)).to_be_visible()
        self.look("paid")
        page.get_by_role("link", name="Continue").click()
        expect(page.locator(".balance")).to_have_text("$5.47")
        assert f"statement will say {statement}." in mail_about(self.product, self.email, "$5.47 was added")

    def change_the_account(self) -> None:
        page = self.page
        page.goto("/dashboard/")
        expect(page.get_by_text("Spent in")).to_be_visible()
        self.look("dashboard")
        page.get_by_role("link", name="Activity", exact=True).click()
        expect(page.get_by_role("heading", name="Activity")).to_be_visible()
        page.get_by_text("Filter", exact=True).click()
        self.look("activity")
        page.get_by_role("link", name="Account", exact=True).click()
        self.look("account")
        page.get_by_role("main").get_by_role("link", name="Notifications").click()
        self.look("notifications")
        page.get_by_label("Call receipts by email").check()
        page.get_by_role("button", name="Save").click()
        expect(page.get_by_label("Call receipts by email")).to_be_checked()
        page.goto("/account/")
        page.get_by_role("link", name="Spending limits and breaks").click()
        money = page.get_by_role("group", name="Spending limits, in dollars")
        money.get_by_label("Per day").fill("20")
        page.get_by_role("button", name="Save limits").click()
        expect(page.get_by_text("Your limits are in effect.")).to_be_visible()
        self.look("limits")
        for path in (
            "/accounts/sessions/",
            "/accounts/2fa/",
            "/accounts/password/change/",
            "/accounts/email/",
        ):
            page.goto(path)
            self.look(path)

    def leave(self) -> None:
        page = self.page
        page.goto("/account/")
        page.get_by_role("main").get_by_role("button", name="Log out").click()
        expect(page.get_by_role("heading", name="Available now")).to_be_visible()
        page.goto("/dashboard/")
        expect(page.get_by_role("heading", name="Log in")).to_be_visible()

    def look(self, where: str) -> None:
        assert_accessible(self.page, where)
        assert_fits(self.page, where)


def test_the_keyboard_alone_finds_calls_and_hangs_up(new_page: NewPage) -> None:
    page = new_page("flirts", "desktop", path="/accounts/login/")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to content")).to_be_focused()
    page.keyboard.press("Enter")
    press_until(page, "[name=login]")
    page.keyboard.type("customer@aeims.test")
    press_until(page, "[name=password]")
    page.keyboard.type("demo-only")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Who would you like to talk to?")).to_be_visible()
    press_until(page, ".operator-card:has(.status-indicator.online) h3 a")
    page.keyboard.press("Enter")
    module_is(page, "ready")
    press_until(page, ".call-btn")
    page.keyboard.press("Enter")
    module_is(page, "live")
    press_until(page, ".hangup-btn")
    page.keyboard.press("Enter")
    module_is(page, "ended")
    expect(page.get_by_role("heading", name="Call ended")).to_be_focused()


def press_until(page: Page, selector: str) -> None:
    """Tab on until what has the focus matches; it must be seen to have it."""
    for _ in range(60):
        page.keyboard.press("Tab")
        if page.evaluate("(selector) => document.activeElement.matches(selector)", selector):
            outline = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
            assert outline != "none", f"{selector} does not show its focus"
            return
    raise AssertionError(f"the keyboard does not reach {selector}")


def test_the_keyboard_alone_leads_a_visitor_to_an_account(new_page: NewPage) -> None:
    page = new_page("nycflirts", "desktop")
    press_until(page, "main button[type=submit]")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Available now")).to_be_visible()
    press_until(page, ".landing-hero .button--primary")
    page.keyboard.press("Enter")
    expect(page.get_by_role("searchbox")).to_be_visible()
    press_until(page, "#id_q")
    page.keyboard.type("painter")
    page.keyboard.press("Enter")
    expect(page.locator(".operator-card")).to_have_count(1)
    press_until(page, ".operator-card h3 a")
    page.keyboard.press("Enter")
    module_is(page, "visitor")
    press_until(page, "call-module .button--primary")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Create an account")).to_be_visible()
    press_until(page, "#id_email")


VISITORS = ["/", "/operators/", "/operators/sarah/", "/accounts/signup/", "/help/pricing/"]
CUSTOMERS = ["/operators/", "/operators/sarah/", "/dashboard/", "/activity/", "/account/", "/messages/"]


@pytest.mark.parametrize(
    ("who", "path"),
    [*(("visitor", path) for path in VISITORS), *(("customer", path) for path in CUSTOMERS)],
)
def test_at_320_pixels_and_at_twice_the_size_nothing_is_cut_off(
    new_page: NewPage, logged_in: StorageState, who: str, path: str
) -> None:
    page = new_page(
        "flirts", "phone", path=path, storage_state=logged_in if who == "customer" else past_the_gate()
    )
    for width, height in ((320, 640), (640, 400)):  # 1280 x 800 at 200 %
        page.set_viewport_size({"width": width, "height": height})
        assert_fits(page, f"{path} at {width} px")
        if who == "customer":
            expect(page.locator("button:visible", has_text="Log out").first).to_be_visible()


def test_a_problem_is_told_from_the_receipt_and_answered(
    new_page: NewPage, product: Product, logged_in: StorageState
) -> None:
    """The form, the case, the list, and the answer with its appeal, each by eye of axe-core and on a phone."""
    page = new_page("flirts", "phone", path="/activity/", storage_state=logged_in, reduced_motion="reduce")
    page.locator(".activity a.row-title", has_text="Call").first.click()
    page.get_by_role("link", name="Problem with this call?").click()
    assert_accessible(page, "form")
    assert_fits(page, "form")
    page.get_by_label("What went wrong?").select_option("cut_off")
    page.get_by_label("What should we know?").fill("We were cut off twice")
    page.get_by_role("button", name="Send").click()
    expect(page.get_by_text("We answer by")).to_be_visible()
    product.ask(_answer_cases)
    page.reload()
    expect(page.get_by_label("Why isn’t our answer right?")).to_be_visible()
    assert_accessible(page, "case")
    assert_fits(page, "case")
    page.get_by_role("link", name="All your cases").click()
    expect(page.get_by_role("link", name="P-").first).to_be_visible()
    assert_accessible(page, "cases")
    assert_fits(page, "cases")


def _take_gifts_back(email: str) -> None:
    for package in FreeMinutesPackage.objects.filter(customer__user__email=email):
        revoke_free_minutes(package_id=package.pk, reason="a test", actor=None)


def _answer_cases() -> None:
    staff = User.objects.get(email="staff@aeims.test")
    for case in Case.objects.filter(state=CaseState.OPEN):
        answer_case(case_id=case.pk, text="We refunded it.", outcome="granted", reason="a test", actor=staff)


EVERYBODYS = [
    "/help/", "/help/pricing/", "/help/privacy/", "/help/terms/", "/help/safety/", "/help/funds/", "/complaints/", "/leave/",
    "/accounts/login/", "/accounts/login/code/", "/accounts/password/reset/", "/nowhere/",
]  # fmt: skip


@pytest.mark.parametrize("brand", ["flirts", pytest.param("nycflirts", marks=pytest.mark.long)])
def test_every_page_that_is_open_to_all_is_accessible_and_fits(new_page: NewPage, brand: str) -> None:
    page = new_page(brand, "phone", path="/help/", reduced_motion="reduce")
    for path in EVERYBODYS:
        page.goto(path)
        assert_accessible(page, path)
        assert_fits(page, path)


def test_a_visitor_sees_who_comes_and_goes_without_reloading(product: Product, new_page: NewPage) -> None:
    directory = new_page("flirts", "phone", path="/operators/", storage_state=past_the_gate())
    page = directory.context.new_page()
    page.goto("/operators/august/")
    module_is(page, "visitor")
    card = directory.locator(".operator-card", has=directory.get_by_role("heading", name="August"))
    expect(card.get_by_role("link", name="Call")).to_be_visible()
    product.ask(_is, "August", Presence.AWAY)
    module_is(page, "away")
    expect(page.get_by_text("August is away")).to_be_visible()
    expect(card).to_contain_text("Away")
    expect(card.get_by_role("link", name="View")).to_be_visible()
    product.ask(_is, "August", Presence.ONLINE)
    module_is(page, "visitor")
    expect(card.get_by_role("link", name="Call")).to_be_visible()


def test_what_a_visitor_missed_while_cut_off_is_asked_for(
    product: Product, new_page: NewPage, watch: Watch
) -> None:
    page = new_page("flirts", "phone", path="/operators/august/", storage_state=past_the_gate())
    module_is(page, "visitor")
    page.context.set_offline(True)
    product.ask(_is, "August", Presence.AWAY)
    page.context.set_offline(False)
    page.evaluate("window.dispatchEvent(new Event('online'))")
    module_is(page, "away")
    product.ask(_is, "August", Presence.ONLINE)
    watch.complaints = [said for said in watch.complaints if "ERR_INTERNET_DISCONNECTED" not in said]


def past_the_gate() -> StorageState:
    """The cookie of somebody who said on flirts.nyc that they are an adult."""
    cookie = {
        "name": "adult", "value": "yes", "domain": "flirts.localhost", "path": "/", "expires": -1,
        "httpOnly": True, "secure": False, "sameSite": "Lax",
    }  # fmt: skip
    return {"cookies": [cookie], "origins": []}  # type: ignore[return-value,list-item]


def _is(stage_name: str, presence: Presence) -> None:
    set_presence(operator_id=Operator.objects.get(stage_name=stage_name).pk, presence=presence)
