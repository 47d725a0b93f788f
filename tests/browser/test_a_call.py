"""The main job in a browser: the demo's customer calls, sees time and cost everywhere, hangs up, keeps a receipt."""

import re

from playwright.sync_api import Page, expect

from tests.browser.conftest import NewPage
from tests.browser.page_checks import Watch, assert_accessible, assert_fits
from tests.browser.people import assert_agree, figures, log_in, module_is


def test_a_call_from_the_price_to_the_receipt(new_page: NewPage) -> None:
    page = new_page("flirts", "phone")
    log_in(page, "customer@aeims.test")
    page.goto("/operators/sarah/")
    module_is(page, "ready")
    expect(page.locator(".call-pricing")).to_contain_text("$3.99/min")
    expect(page.locator(".balance")).to_have_text(re.compile(r"\$4\d\.\d\d"))
    assert_accessible(page, "ready")

    page.get_by_role("button", name=re.compile("Call Sarah")).click()
    module_is(page, "ringing")
    expect(page.get_by_role("heading", name="Connecting you with Sarah")).to_be_focused()
    expect(page.locator(".masthead")).to_be_hidden()
    assert_accessible(page, "ringing")
    expect(page.locator(".call-steps .is-now")).to_contain_text("Sarah’s phone is ringing")
    module_is(page, "live")
    # Ten free minutes: only the connection fee so far.
    expect(page.locator("call-module .call-cost")).to_have_text("$0.99")
    assert_accessible(page, "live")
    assert_fits(page, "live")

    second = page.context.new_page()
    second.goto("/operators/sarah/")
    module_is(second, "live")
    assert_same_figures(page, second)
    page.reload()
    module_is(page, "live")
    assert_same_figures(page, second)

    second.goto("/help/pricing/")
    bar = second.get_by_role("region", name="Your call")
    expect(bar).to_contain_text("Sarah")
    expect(bar.locator(".call-cost")).to_have_text("$0.99")
    assert_accessible(second, "the bar of the running call")

    page.get_by_role("button", name="Hang up").click()
    module_is(page, "ended")
    expect(page.locator("call-module")).to_contain_text("You hung up.")
    expect(page.locator('[data-part="sum-total"]')).to_have_text("$0.99")
    expect(bar).to_be_hidden()
    assert_accessible(page, "ended")
    page.get_by_role("link", name="Call again").click()
    expect(page.get_by_role("dialog", name="Call Sarah")).to_contain_text("$3.99/min")
    page.keyboard.press("Escape")
    page.get_by_role("link", name="View receipt").click()
    expect(page.get_by_role("heading", name="Call with Sarah")).to_be_visible()
    expect(page.locator(".menu-line--sum")).to_contain_text("$0.99")
    assert_accessible(page, "receipt")


def test_a_call_given_up_before_anybody_answers_costs_nothing(new_page: NewPage) -> None:
    page = new_page("nycflirts", "desktop")
    log_in(page, "second@aeims.test")
    page.goto("/operators/theo/")
    page.get_by_role("button", name=re.compile("Call Theo")).click()
    page.get_by_role("button", name="Cancel call").click()
    module_is(page, "failed")
    expect(page.locator("call-module")).to_contain_text(re.compile("weren[’']t charged"))
    assert_accessible(page, "failed")
    page.goto("/dashboard/")
    expect(page.locator(".balance-figure")).to_have_text("$20.00")


def test_hanging_up_without_a_line_is_tried_until_it_is_heard(new_page: NewPage, watch: Watch) -> None:
    """From the call's page and from the bar of another one: the page says so, and the call ends when the line is back."""
    page = new_page("nycflirts", "phone")
    log_in(page, "second@aeims.test")
    for path in ("/operators/jonah/", "/help/pricing/"):
        page.goto("/operators/jonah/")
        module_is(page, "ready")
        page.get_by_role("button", name=re.compile("Call Jonah")).click()
        module_is(page, "live")
        page.goto(path)
        page.context.set_offline(True)
        page.evaluate("window.dispatchEvent(new Event('online'))")  # the old line is dropped
        expect(page.locator("[data-connection-note]")).to_be_visible()
        page.get_by_role("button", name="Hang up").first.click()
        expect(page.locator("[data-live-error]:visible")).to_contain_text("We’ll keep trying")
        assert_accessible(page, "offline")
        assert_fits(page, "offline")
        page.context.set_offline(False)
        expect(page.get_by_role("button", name="Hang up")).to_have_count(0)
        expect(page.locator("[data-connection-note]")).to_be_hidden()
        expect(page.locator("[data-live-error]:visible")).to_have_count(0)
        if path == "/operators/jonah/":
            page.get_by_role("button", name="4 of 5: Good").click()
            expect(page.get_by_text("You rated this call 4 of 5. Thank you.")).to_be_visible()
        page.goto("/activity/")
        expect(page.locator("main")).to_contain_text("Jonah")
    watch.complaints = [said for said in watch.complaints if "ERR_INTERNET_DISCONNECTED" not in said]


def test_who_has_no_money_is_told_kindly(new_page: NewPage) -> None:
    page = new_page("flirts", "desktop")
    log_in(page, "empty@aeims.test")
    page.goto("/operators/sarah/")
    module_is(page, "unfunded")
    expect(page.get_by_role("link", name="Add funds")).to_be_visible()
    assert_accessible(page, "unfunded")
    for slug, state in (("ines", "away"), ("noor", "offline")):
        page.goto(f"/operators/{slug}/")
        module_is(page, state)
        assert_accessible(page, state)


def assert_same_figures(first: Page, second: Page) -> None:
    """Two pages show one call."""
    assert_agree(first, lambda: figures(first), lambda: figures(second))
