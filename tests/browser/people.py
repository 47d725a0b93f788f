"""How a person uses the site: log in, call, hang up."""

import re
from collections.abc import Callable

from playwright.sync_api import Page, expect

from demo.people import PASSWORD

LOOKS = 5


def log_in(page: Page, email: str, password: str = PASSWORD) -> None:
    page.goto("/accounts/login/")
    page.locator("[name=login]").fill(email)
    page.locator("[name=password]").fill(password)
    page.locator("main").get_by_role("button", name="Log in").click()
    expect(page.get_by_role("link", name="Account", exact=True)).to_be_visible()


def module_is(page: Page, state: str) -> None:
    """Assert that the call module shows `state`."""
    module = page.locator("call-module")
    expect(module).to_have_attribute("data-state", state)
    expect(module).to_be_visible()


def figures(page: Page, inside: str = "call-module") -> tuple[str, str]:
    """Time and cost on screen."""
    time, cost = (
        page.locator(f"{inside} .call-timer").inner_text(),
        page.locator(f"{inside} .call-cost").inner_text(),
    )
    assert re.fullmatch(r"\d\d:\d\d", time), time
    return time, cost


def seconds_of(time: str) -> int:
    minutes, seconds = time.split(":")
    return int(minutes) * 60 + int(seconds)


def assert_agree(page: Page, one: Callable[[], tuple[str, str]], two: Callable[[], tuple[str, str]]) -> None:
    """Two pages show the same cost, and times at most a second apart, whichever is ahead.

    Between two looks the cost may rise, and a busy machine may paint late: the pages are looked at again, `LOOKS` times
    in all.
    """
    pairs = []
    for _ in range(LOOKS):
        first, second = one(), two()
        if first[1] == second[1] and abs(seconds_of(first[0]) - seconds_of(second[0])) <= 1:
            return
        pairs.append((first, second))
        page.wait_for_timeout(300)
    raise AssertionError(f"the pages differ: {pairs}")
