"""A card's Call on a phone: the price sheet over the page, by finger and by keyboard, and the bar of an operator's page."""

import re

from playwright.sync_api import StorageState, expect

from tests.browser.conftest import NewPage
from tests.browser.page_checks import assert_accessible, assert_fits
from tests.browser.people import module_is


def test_from_a_card_to_a_call_by_way_of_the_price(new_page: NewPage, logged_in: StorageState) -> None:
    page = new_page("flirts", "phone", path="/operators/", storage_state=logged_in, reduced_motion="reduce")
    link = page.locator(".operator-card", has=page.get_by_role("heading", name="Sarah")).locator(
        ".quick-call-btn"
    )
    link.click()
    sheet = page.get_by_role("dialog", name="Call Sarah")
    for told in ("$3.99/min", "$0.99", "Balance", "Talk time", "Set a limit for this call"):
        expect(sheet).to_contain_text(told)
    button = sheet.get_by_role("button", name="Call Sarah · $3.99")
    expect(button).to_be_in_viewport()
    assert_accessible(page, "price sheet")
    assert_fits(page, "price sheet")
    page.keyboard.press("Escape")
    expect(sheet).to_have_count(0)
    expect(link).to_be_focused()

    page.keyboard.press("Enter")
    sheet.get_by_text("Set a limit for this call").click()
    sheet.get_by_label("Most this call can cost").fill("10.00")
    button.click()
    module_is(page, "live")
    expect(page.locator(".call-cap")).to_contain_text("$10.00")
    page.get_by_role("button", name="Hang up").click()
    module_is(page, "ended")


def test_the_bar_of_an_operators_page_is_there_while_a_call_can_be_had(
    new_page: NewPage, logged_in: StorageState
) -> None:
    page = new_page("flirts", "phone", path="/operators/sarah/", storage_state=logged_in)
    page.set_viewport_size({"width": 390, "height": 500})
    bar = page.locator("call-now-bar a")
    expect(bar).to_be_visible()
    expect(bar).to_have_text(re.compile(r"Call Sarah ·\s+\$3\.99/min \+ \$0\.99"))
    page.locator("call-module .call-btn").scroll_into_view_if_needed()
    expect(bar).to_be_hidden()
    page.evaluate("scrollTo(0, 0)")
    bar.click()
    expect(page.get_by_role("dialog", name="Call Sarah")).to_be_visible()
    page.goto("/operators/noor/")  # offline
    expect(page.locator("call-now-bar a")).to_be_hidden()
