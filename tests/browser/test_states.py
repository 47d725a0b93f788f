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
    CallPanelState.BUSY: "is on another call",
    CallPanelState.AWAY: "stepped away",
    CallPanelState.OFFLINE: "isn’t taking calls right now",
    CallPanelState.ELSEWHERE: "You’re on a call with",
    CallPanelState.CONNECTING: "Setting up the call",
    CallPanelState.RINGING: "Sarah’s phone is ringing",
    CallPanelState.LIVE: "You’re talking with Sarah",
    CallPanelState.ENDED: "Call ended",
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


PLACES = {
    "waiting": ["We’re calling your phone: answer and press 1", "Cancel call"],
    "screened": ["Your phone answered, but nobody pressed 1.", "Cancel call"],
    "live": ["You’re talking with Sarah", "Add $20", "Set limit", "Tip", "Hang up"],
    "last-two-minutes": ["left on your balance", "Add $20", "Hang up"],
    "last-minute": ["left on your balance", "Add $20", "Hang up"],
    "ended": ["Call ended", "How was your call?", "Call again", "Message", "Tip"],
    "ended-without-money": ["Another call starts at $4.98. You have $3.54.", "Add funds", "You rated this call 4 of 5."],
    "not-joined": ["No connection this time", "If your phone screens calls", "Try again"],
}  # fmt: skip


@pytest.mark.parametrize("size", ["phone", pytest.param("desktop", marks=pytest.mark.long)])
def test_a_call_fills_its_page_in_each_of_its_moments(new_page: NewPage, size: str) -> None:
    page = new_page("flirts", size, reduced_motion="reduce")
    for theme, scheme in (("flirts", "dark"), ("nycflirts", "light"), ("flirts", "light")):
        for place, words in PLACES.items():
            what = f"{place} {theme} {scheme}"
            page.goto(f"/_gallery/?place={place}&theme={theme}&scheme={scheme}")
            for text in words:
                expect(page.get_by_text(text).locator("visible=true").first).to_be_visible()
            assert page.locator(".masthead").is_hidden(), what
            if page.locator(".hangup-btn").count():
                expect(page.locator(".hangup-btn")).to_be_in_viewport()
            assert_fits(page, what)
            assert not (found := findings(page)), f"{what}: {found}"


def test_the_ring_empties_in_the_last_two_minutes_and_the_last_minute_changes_the_page(
    new_page: NewPage,
) -> None:
    page = new_page("flirts", "phone", path="/_gallery/?place=live")
    ring = page.locator(".call-ring circle")
    expect(ring).to_have_attribute("stroke-dasharray", "120 120")
    before = page.evaluate("getComputedStyle(document.body).backgroundColor")
    page.goto("/_gallery/?place=last-two-minutes")
    dash = float(str(ring.get_attribute("stroke-dasharray")).split()[0])
    assert 80 < dash <= 97
    expect(ring).not_to_have_attribute("stroke-dasharray", f"{dash:g} 120")
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == before
    page.goto("/_gallery/?place=last-minute")
    expect(page.locator('call-module [data-part="warning"]')).to_have_text(
        "Less than a minute left. Then the call ends."
    )
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") != before


@pytest.mark.parametrize("is_chosen", [True, False])
def test_the_last_minute_buzzes_for_those_who_chose_it_and_is_read_to_all(
    new_page: NewPage, is_chosen: bool
) -> None:
    page = new_page("flirts", "phone")
    page.add_init_script(
        "window.__buzzes = 0; navigator.vibrate = () => { window.__buzzes += 1; return true; };"
    )
    page.goto("/_gallery/?place=before-the-last-minute")
    if is_chosen:
        page.get_by_text("Last-minute alert").click()
        page.get_by_label("Vibrate").check()  # buzzes once, so that one knows what it is
        page.reload()
        page.get_by_text("Last-minute alert").click()
        expect(page.get_by_label("Vibrate")).to_be_checked()
    warning = page.locator('call-module [data-part="warning"]')
    expect(warning).to_have_text("Less than a minute left. Then the call ends.")
    expect(warning).to_have_attribute("role", "status")
    assert page.evaluate("window.__buzzes") == int(is_chosen)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_in_the_operators_console(new_page: NewPage, scheme: str) -> None:
    page = new_page("portal", "desktop", path="/_gallery/", color_scheme=scheme)
    expect(page.get_by_role("heading", name="You’re talking")).to_be_visible()
    found = findings(page)
    assert not found, found


def test_a_call_comes_first_on_an_operators_phone(new_page: NewPage) -> None:
    page = new_page("portal", "phone", path="/_gallery/")
    for what in (
        page.get_by_role("heading", name="You’re talking"),
        page.get_by_role("button", name="End the call"),
    ):
        expect(what).to_be_in_viewport()


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
