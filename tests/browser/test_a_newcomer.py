"""From the landing page to talking on a phone, with nothing but what has to be done: how many taps and letters that takes.

A newcomer's time is counted, not measured, so that a slow machine changes nothing: what a tap takes to find, and a letter to
type. The rest of the three minutes is for the letter with the code, the call with the code, and the phones that ring.
"""

import re
from dataclasses import dataclass

import pytest
from playwright.sync_api import Locator, Page, expect

from billing.models import FreeMinutesPackage
from billing.services.revoke_free_minutes import revoke_free_minutes
from tests.browser.conftest import NewPage
from tests.browser.mailbox import mail_about, mailed_code, spoken_code
from tests.browser.page_checks import assert_fits
from tests.browser.people import module_is
from tests.browser.product import Product

TAP_SECONDS, LETTER_SECONDS = 4, 0.3
# What we and the phones take: the code by mail, the call with the code, the two phones of the call.
OURS_SECONDS = 60
MOST_TAPS, MOST_LETTERS = 21, 65
AMOUNT = "$25.00"


@dataclass
class Hand:
    """Counts what a newcomer does: a tap for each thing touched, unless it has the focus already, and each letter typed."""

    page: Page
    taps: int = 0
    letters: int = 0

    def tap(self, what: Locator) -> None:
        self.taps += 1
        what.click()

    def type(self, where: Locator, text: str) -> None:
        if not where.evaluate("(field) => field === document.activeElement"):
            self.tap(where)
        self.letters += len(text)
        self.page.keyboard.type(text)

    @property
    def seconds(self) -> float:
        return self.taps * TAP_SECONDS + self.letters * LETTER_SECONDS


@pytest.mark.parametrize(
    ("brand", "number"),
    [pytest.param("flirts", "9991009101", marks=pytest.mark.long), ("nycflirts", "9991009102")],
)
def test_from_landing_to_talking_in_three_minutes(
    product: Product, new_page: NewPage, brand: str, number: str
) -> None:
    page = new_page(brand, "phone")
    hand, email = Hand(page), f"{brand}@example.test"
    sign_up(page, hand, email, product)
    verify_the_phone(page, hand, number, product)
    product.ask(take_gifts_back, email)  # the welcome gift would do for a first call
    module_is(page, "unfunded")
    hand.tap(page.get_by_role("link", name="Add funds"))
    statement = pay(page, hand)
    hand.tap(page.get_by_role("link", name="Continue"))
    module_is(page, "ready")
    hand.tap(page.get_by_role("button", name=re.compile("Call Elena")))
    module_is(page, "live")
    assert hand.taps <= MOST_TAPS, hand
    assert hand.letters <= MOST_LETTERS, hand
    assert hand.seconds + OURS_SECONDS <= 180, hand

    page.get_by_role("button", name="Hang up").click()
    module_is(page, "ended")
    the_statement_is_the_same_everywhere(page, statement, email, product)


def sign_up(page: Page, hand: Hand, email: str, product: Product) -> None:
    hand.tap(page.get_by_role("button", name="I’m 18 or older"))
    hand.tap(page.get_by_role("link", name="Elena", exact=True).first)
    module_is(page, "visitor")
    hand.tap(page.locator("call-module").get_by_role("link", name="Sign up free to call"))
    hand.type(page.get_by_label("Email address"), email)
    hand.type(page.get_by_label("Date of birth"), "03071990")
    hand.tap(page.get_by_label("I am 18 or older."))
    hand.tap(page.get_by_label("I agree to the"))
    hand.tap(page.get_by_role("button", name="Create account"))
    expect(page.get_by_role("heading", name="Check your email")).to_be_visible()
    hand.type(page.get_by_label("Code"), mailed_code(product, email))
    hand.tap(page.get_by_role("button", name="Continue"))
    module_is(page, "unready")


def verify_the_phone(page: Page, hand: Hand, number: str, product: Product) -> None:
    hand.tap(page.get_by_role("link", name="Verify your phone"))
    hand.type(page.get_by_label("Phone number"), number)
    hand.tap(page.get_by_role("button", name="Call me now"))
    hand.type(page.get_by_label("6-digit code"), spoken_code(product, f"+1{number}"))
    hand.tap(page.get_by_role("button", name="Verify"))
    hand.tap(page.get_by_role("link", name="Continue"))
    module_is(page, "ready")


def take_gifts_back(email: str) -> None:
    for package in FreeMinutesPackage.objects.filter(customer__user__email=email):
        revoke_free_minutes(package_id=package.pk, reason="a test of who pays", actor=None)


def pay(page: Page, hand: Hand) -> str:
    """With the amount that is chosen already. What the customer read the statement will say."""
    statement = page.locator(".load-statement strong").inner_text()
    assert_fits(page, "funds")
    hand.tap(page.get_by_role("button", name="Continue to card payment"))
    page.wait_for_url(re.compile(r"^http://pay\.localhost:"))
    expect(page.get_by_text(statement)).to_be_visible()
    hand.tap(page.get_by_role("button", name=f"Pay {AMOUNT}"))
    expect(page.get_by_role("heading", name=f"{AMOUNT} added")).to_be_visible(timeout=20_000)
    expect(page.get_by_text(statement)).to_be_visible()
    return statement


def the_statement_is_the_same_everywhere(page: Page, statement: str, email: str, product: Product) -> None:
    """Read before paying, in the letter, in the activity and its receipt, and in the help."""
    assert f"statement will say {statement}." in mail_about(product, email, f"{AMOUNT} was added")
    page.goto("/activity/?kind=funds")
    expect(page.locator("main")).to_contain_text(f"your statement says {statement}")
    assert_fits(page, "activity")
    page.get_by_role("link", name="Funds added").click()
    expect(page.locator("article")).to_contain_text(f"your statement says {statement}")
    page.goto("/help/funds/")
    expect(page.locator("main")).to_contain_text(statement)
