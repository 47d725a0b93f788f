"""How a person uses the site: log in, call, hang up."""

import re

from playwright.sync_api import Page, expect

from demo.people import PASSWORD


def log_in(page: Page, email: str, password: str = PASSWORD) -> None:
    page.goto("/accounts/login/")
    page.locator("[name=login]").fill(email)
    page.locator("[name=password]").fill(password)
    page.locator("main").get_by_role("button", name="Log in").click()
    expect(page.get_by_role("link", name="Dashboard")).to_be_visible()


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
