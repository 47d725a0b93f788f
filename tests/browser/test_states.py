"""Every state of every component: on screen, and nothing for axe-core to find, in each theme, light and dark."""

import pytest
from playwright.sync_api import expect

from storefront.call_panel import CallPanelState
from tests.browser.conftest import NewPage
from tests.browser.page_checks import assert_fits, findings

SHOWS = {
    CallPanelState.VISITOR: "Sign up free to call",
    CallPanelState.READY: "Call Sarah",
    CallPanelState.UNFUNDED: "Add funds",
    CallPanelState.UNREADY: "Before your first call",
    CallPanelState.BUSY: "is in another call, or just out of one",
    CallPanelState.AWAY: "stepped away",
    CallPanelState.OFFLINE: "takes no calls just now",
    CallPanelState.ELSEWHERE: "You’re on a call with",
    CallPanelState.CONNECTING: "Setting up the call",
    CallPanelState.RINGING: "Sarah’s phone rings",
    CallPanelState.LIVE: "You are talking with Sarah",
    CallPanelState.ENDED: "The call is over",
    CallPanelState.FAILED: "No connection this time",
}


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("theme", ["flirts", "nycflirts", "portal"])
def test_the_gallery_shows_each_state_and_axe_finds_nothing(
    new_page: NewPage, theme: str, scheme: str
) -> None:
    page = new_page("flirts", "desktop", path=f"/_gallery/?theme={theme}&scheme={scheme}")
    assert set(SHOWS) == set(CallPanelState)
    for state, words in SHOWS.items():
        module = page.locator(f'call-module[data-state="{state}"]').first
        expect(module.get_by_text(words).locator("visible=true").first).to_be_visible()
    found = findings(page)
    assert not found, found


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_in_the_operators_console(new_page: NewPage, scheme: str) -> None:
    page = new_page("portal", "desktop", path="/_gallery/", color_scheme=scheme)
    expect(page.get_by_role("heading", name="You are talking")).to_be_visible()
    found = findings(page)
    assert not found, found


@pytest.mark.parametrize("width", [320, 390])
def test_each_component_fits_a_small_phone(new_page: NewPage, width: int) -> None:
    for site in ("flirts", "portal"):
        page = new_page(site, "phone", path="/_gallery/")
        page.set_viewport_size({"width": width, "height": 800})
        assert_fits(page, f"gallery of {site} at {width} px")


def test_no_handler_and_no_style_is_written_into_a_page(new_page: NewPage) -> None:
    page = new_page("flirts", "desktop", path="/_gallery/")
    inline = """[...document.querySelectorAll("*")].flatMap((e) => e.getAttributeNames())
                .filter((name) => name.startsWith("on") || name === "style")"""
    assert page.evaluate(inline) == []
    assert page.locator("script:not([src]):not([type='application/json'])").count() == 0


def test_nothing_moves_for_those_who_asked_for_no_motion(new_page: NewPage) -> None:
    page = new_page("flirts", "desktop", path="/_gallery/", reduced_motion="reduce")
    running = "document.getAnimations().filter((a) => a.playState === 'running').map((a) => a.animationName)"
    assert page.evaluate(running) == []
    slow = """[...document.querySelectorAll("*")].map((e) => getComputedStyle(e).transitionDuration)
              .filter((d) => d.split(", ").some((one) => parseFloat(one) > 0))"""
    assert page.evaluate(slow) == []
