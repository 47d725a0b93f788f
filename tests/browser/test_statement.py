"""A day of twelve calls on the statement of an operator: two screens of a phone, opened by the keyboard, tidy on paper."""

from datetime import timedelta

import pytest
from playwright.sync_api import Page, expect

from billing.services.authorize import authorize
from billing.services.count_hours import count_hours
from billing.services.settle import settle
from brands.models import Brand
from core import clock
from customers.models import User
from tests.browser.conftest import SIZES, NewPage
from tests.browser.page_checks import assert_accessible, assert_fits, shot
from tests.browser.product import Product
from tests.browser.test_operator_at_work import STILL, enter
from tests.scenario import given_customer, given_operator

CALLS = 12
EMAIL = "statement@example.test"


@pytest.fixture(scope="module")
def a_days_calls(product: Product) -> None:
    """An operator who had twelve calls today, and nothing else."""

    def make() -> None:
        operator, brand = given_operator(user__email=EMAIL), Brand.objects.get(slug="flirts")
        known = User.objects.get(email="operator@aeims.test")
        User.objects.filter(pk=operator.user.pk).update(password=known.password)
        for number in range(CALLS):
            customer = given_customer(balance="90.00", alias=f"Amber Heron {number}", free_minutes=number % 3)
            call = authorize(
                customer=customer, operator=operator, brand=brand, reference=f"call_9_{number:016}"
            )
            settle(authorization_id=call.pk, joined_ms=50_000 + number * 10_000)
        count_hours(at=clock.now() + timedelta(days=1))
        operator.listings.update(is_active=False)  # no other test meets them

    product.ask(make)


def todays(page: Page) -> None:
    enter(page, EMAIL)
    page.goto("/statement/")
    page.get_by_role("link", name="Today", exact=True).click()
    expect(page.locator(".money-row")).to_have_count(CALLS)


def test_a_day_of_twelve_calls_is_two_screens_of_a_phone(new_page: NewPage, a_days_calls: None) -> None:
    page = new_page("portal", "phone", **STILL)
    todays(page)
    _, screen = SIZES["phone"]
    assert page.evaluate("document.documentElement.scrollHeight") <= 2 * screen
    lines = page.locator(".money-row summary > span").evaluate_all(
        "(all) => all.filter((one) => one.getClientRects().length > 1 || one.offsetHeight > 28).map((one) => one.textContent)"
    )
    assert lines == [], "two lines a row"
    assert_fits(page, "the statement")
    shot(page, "statement-phone")
    row = page.locator(".money-row summary").first
    row.focus()
    page.keyboard.press("Enter")
    opened = page.locator(".money-row").first
    expect(opened.get_by_role("cell", name="$0.79")).to_be_visible()
    expect(opened).to_contain_text("Your share")
    assert_accessible(page, "the statement with a row opened")
    assert_fits(page, "the statement with a row opened")
    shot(page, "statement-phone-opened")
    page.goto("/dashboard/")
    expect(page.get_by_role("table", name="Earned in an average week")).to_be_visible()
    assert_accessible(page, "the dashboard with best hours")
    assert_fits(page, "the dashboard with best hours")
    shot(page, "dashboard-phone")


def test_the_print_has_every_row_opened_and_nothing_to_click(new_page: NewPage, a_days_calls: None) -> None:
    page = new_page("portal", "desktop", **STILL)
    todays(page)
    page.get_by_role("link", name="Print").click()
    page.emulate_media(media="print")
    expect(page.locator(".money-row details[open]")).to_have_count(CALLS)
    for gone in (".periods", ".statement-filters", ".link-row"):
        expect(page.locator(gone)).to_be_hidden()
    expect(page.get_by_role("heading", level=2)).to_have_count(1)
    shot(page, "statement-print")
    assert page.pdf(format="Letter").count(b"/Type /Page\n") <= 4
