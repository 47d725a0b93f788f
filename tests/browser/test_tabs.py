"""On a phone the content begins at once and the main menu is where a thumb is."""

from playwright.sync_api import StorageState, expect

from tests.browser.conftest import NewPage
from tests.browser.page_checks import assert_accessible, assert_fits
from tests.browser.test_operator_at_work import enter

_SMALL = """() => [...document.querySelectorAll("header a, header button, .tabs a")].filter((e) => e.offsetParent)
  .map((e) => [e.textContent.trim(), e.getBoundingClientRect()])
  .filter(([, box]) => box.height < 44 || box.width < 44).map(([words]) => words)"""


def test_tabs_are_at_the_bottom_of_a_phone_and_words_in_the_header_of_a_desktop(
    new_page: NewPage, logged_in: StorageState
) -> None:
    page = new_page("flirts", "phone", path="/operators/", storage_state=logged_in)
    for width in (320, 390):
        page.set_viewport_size({"width": width, "height": 700})
        assert page.locator("main").evaluate("(e) => e.getBoundingClientRect().top") <= 64
        assert page.evaluate(_SMALL) == []
        assert_fits(page, f"the directory at {width} px")
    tabs = page.get_by_role("navigation", name="Main")
    assert tabs.evaluate("(e) => innerHeight - e.getBoundingClientRect().bottom") == 0
    tabs.get_by_role("link", name="Account").click()
    expect(page.get_by_role("heading", name="Your account")).to_be_visible()
    expect(tabs.get_by_role("link", name="Account")).to_have_attribute("aria-current", "page")
    assert_accessible(page, "the account with tabs")
    last = page.get_by_role("contentinfo").get_by_role("button", name="Log out")
    last.scroll_into_view_if_needed()
    covered = last.evaluate(
        "(e) => e.getBoundingClientRect().bottom > document.querySelector('.tabs').getBoundingClientRect().top"
    )
    assert not covered, "the end of a page lies above the tabs"

    page.set_viewport_size({"width": 1280, "height": 800})
    assert tabs.evaluate("(e) => e.getBoundingClientRect().bottom") <= 64


def test_the_operators_site_has_one_row_and_a_bar_on_a_phone(new_page: NewPage) -> None:
    page = new_page("portal", "phone")
    enter(page, "operator@aeims.test")
    tabs = page.get_by_role("navigation", name="Main")
    for address in ("/", "/customers/"):
        page.goto(address)
        assert page.locator("main").evaluate("(e) => e.getBoundingClientRect().top") <= 64
        assert page.evaluate(_SMALL) == []
        assert tabs.evaluate("(e) => innerHeight - e.getBoundingClientRect().bottom") == 0
        assert_fits(page, address)
    tabs.get_by_role("link", name="More").click()
    last = page.get_by_role("contentinfo").get_by_role("link", name="Privacy")
    last.scroll_into_view_if_needed()
    assert not last.evaluate(
        "(e) => e.getBoundingClientRect().bottom > document.querySelector('.tabs').getBoundingClientRect().top"
    ), "the end of a page lies above the tabs"
    for width in (800, 1280):
        page.set_viewport_size({"width": width, "height": 800})
        assert tabs.evaluate("(e) => e.getBoundingClientRect().height") <= 48, "one row"
        assert_fits(page, f"the menu at {width} px")
