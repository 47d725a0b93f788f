"""An operator waits while a customer adds funds, in two browsers: both count down, and each can end it."""

from playwright.sync_api import Page, StorageState, expect

from operators.models import Operator
from tests.browser.conftest import NewPage
from tests.browser.page_checks import assert_accessible, assert_fits
from tests.browser.product import Product
from tests.browser.test_operator_at_work import OPERATOR, STILL, enter


def online() -> str:
    """The operator takes calls; the end of the address of their page."""
    Operator.objects.filter(user__email=OPERATOR).update(presence="online", online_until=None)
    return Operator.objects.get(user__email=OPERATOR).slug


def counts_down(page: Page) -> None:
    """A second passes on the page."""
    left = page.locator("[data-part=reserved]")
    shown = left.inner_text()
    assert shown.startswith(("02:0", "01:5"))
    expect(left).not_to_have_text(shown)


def test_an_operator_waits_for_who_adds_funds_and_each_can_end_it(
    product: Product, new_page: NewPage, logged_in: StorageState
) -> None:
    slug = product.ask(online)
    console = new_page("portal", "desktop", **STILL)
    enter(console, OPERATOR)
    page = new_page("flirts", "phone", storage_state=logged_in, **STILL)
    page.goto(f"/funds/?operator={slug}")
    page.get_by_role("button", name="Reserve for 2 minutes").click()
    expect(page.get_by_text("is waiting for you")).to_be_visible()
    expect(console.get_by_text("Reserved, caller is adding funds")).to_be_visible()
    for shown, name in ((page, "the funds page"), (console, "the console")):
        counts_down(shown)
        assert_accessible(shown, name)
        assert_fits(shown, name)
    console.get_by_role("button", name="Release").click()
    again = page.get_by_role("button", name="Reserve for 2 minutes")
    expect(again).to_be_visible()
    again.click()
    expect(console.get_by_role("button", name="Release")).to_be_visible()
    page.get_by_role("button", name="Cancel reservation").click()
    expect(console.get_by_text("Reserved, caller is adding funds")).to_be_hidden()
    again.click()
    page.get_by_role("link", name="Call now").click()
    expect(page.locator("[data-state=ready]").first).to_be_visible()
