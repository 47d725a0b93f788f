"""Help pages use the width of a desktop; on a phone they are the text alone."""

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import NewPage
from tests.browser.page_checks import assert_accessible, assert_fits

PATHS = ["/help/", "/help/safety/", "/help/terms/"]
# How much of the frame, in percent, lies between the left edge of what is leftmost and the right edge of what is rightmost.
USED = """() => {
  const frame = document.querySelector("main").getBoundingClientRect();
  const style = getComputedStyle(document.querySelector("main"));
  const inner = frame.width - parseFloat(style.paddingLeft) - parseFloat(style.paddingRight);
  const boxes = [...document.querySelectorAll(".help :is(p, li, h2)")]
    .flatMap((element) => [...element.getClientRects()]).filter(({ width }) => width > 0);
  const left = Math.min(...boxes.map((box) => box.left)), right = Math.max(...boxes.map((box) => box.right));
  return Math.round((100 * (right - left)) / inner);
}"""


@pytest.mark.parametrize("path", PATHS)
def test_a_desktop_page_is_filled(new_page: NewPage, path: str) -> None:
    page = new_page("flirts", "desktop", path=path)
    assert page.evaluate(USED) >= 95
    expect(topics(page)).to_be_visible()
    assert_accessible(page, path)
    assert_fits(page, path)


def test_on_a_phone_the_text_is_all_there_is(new_page: NewPage) -> None:
    page = new_page("flirts", "phone", path="/help/terms/")
    expect(topics(page)).to_be_hidden()
    expect(page.get_by_text("On this page")).to_be_hidden()
    assert_fits(page, "/help/terms/ on a phone")


def topics(page: Page) -> Locator:
    return page.get_by_role("navigation", name="Help topics")
