"""A customer who waits for an operator, in two browsers: told the moment she is free, or called back, and on to the ordinary call."""

import re
import time

import pytest
from playwright.sync_api import Locator, Page, Route, StorageState, expect

from operators.models import Operator
from operators.services.presence import set_presence
from operators.states import Presence
from telephony.models import AvailabilityWatch, CallbackRequest
from tests.browser.conftest import NewPage
from tests.browser.page_checks import assert_accessible, assert_fits, shot
from tests.browser.people import log_in, module_is
from tests.browser.product import Product
from tests.browser.test_operator_at_work import OPERATOR, STILL, enter

FIRST, SECOND = "Amber Heron 482", "Cedar Lynx 217"  # the demo's customers as operators know them


def away() -> str:
    """The operator takes no calls, and nobody waits; the end of the address of their page."""
    AvailabilityWatch.objects.all().delete()
    CallbackRequest.objects.all().delete()
    operator = Operator.objects.get(user__email=OPERATOR)
    set_presence(operator_id=operator.pk, presence=Presence.AWAY)
    return operator.slug


def refuse_once(page: Page, pattern: str) -> list[str]:
    """The site has no answer to the next request of this kind; its address is in the list then."""
    refused: list[str] = []

    def refuse(route: Route) -> None:
        refused.append(route.request.url)
        route.fulfill(status=503)

    page.route(pattern, refuse, times=1)
    return refused


def test_who_waits_is_told_on_any_page_and_calls(
    product: Product, new_page: NewPage, logged_in: StorageState
) -> None:
    slug = product.ask(away)
    console = new_page("portal", "desktop", **STILL)
    enter(console, OPERATOR)
    page = new_page("flirts", "phone", storage_state=logged_in, **STILL)
    page.goto(f"/operators/{slug}/")
    expect(page.get_by_role("link", name="Leave a message")).to_be_visible()
    shot(page, "away")
    page.get_by_role("button", name="Tell me when").click()
    expect(page.get_by_role("button", name="Stop waiting")).to_be_visible()
    shot(page, "watching")
    page.get_by_role("link", name="Your list").click()
    expect(page.get_by_role("button", name="Stop")).to_be_visible()
    for name in ("the list", "an operator's page"):
        assert_accessible(page, name)
        assert_fits(page, name)
        shot(page, name.replace(" ", "-"))
        if name == "the list":
            page.goto(f"/operators/{slug}/")
    with page.expect_response(
        "**/live/*"
    ):  # its socket is open, and what it may have missed has been asked for
        page.goto("/dashboard/")
    refusing = refuse_once(page, "**/live/*")
    console.get_by_role("button", name="Online").click()
    expect(console.get_by_role("heading", name="You are online")).to_be_visible()
    expect(page.get_by_text("is free now.")).to_be_visible()
    assert refusing, "the page was told without asking"
    assert_accessible(page, "the news")
    assert_fits(page, "the news")
    shot(page, "news")
    page.get_by_role("link", name="Call ").first.click()
    module_is(page, "ready")
    expect(page.get_by_role("button", name="Tell me when")).to_be_hidden()


def ask_for_a_callback(page: Page, slug: str) -> None:
    page.goto(f"/operators/{slug}/")
    page.get_by_role("link", name="Ask for a callback").click()
    assert_accessible(page, "asking")
    assert_fits(page, "asking")
    shot(page, "asking")
    page.get_by_role("button", name="Ask for a callback").click()
    expect(page.get_by_role("button", name="Cancel the request")).to_be_visible()
    shot(page, "asked")


def test_a_callback_is_asked_for_offered_and_accepted(
    product: Product, new_page: NewPage, logged_in: StorageState
) -> None:
    slug = product.ask(away)
    console = new_page("portal", "desktop", **STILL)
    enter(console, OPERATOR)
    page = new_page("flirts", "phone", storage_state=logged_in, **STILL)
    ask_for_a_callback(page, slug)
    page.goto("/dashboard/")
    expect(console.get_by_role("button", name="Call back")).to_be_visible()
    assert_accessible(console, "the console")
    shot(console, "console")
    console.get_by_role("button", name="Online").click()
    expect(console.get_by_role("heading", name="You are online")).to_be_visible()
    console.get_by_role("button", name="Call back").click()
    expect(console.get_by_text("Offered,")).to_be_visible()
    expect(page.get_by_text("You asked for a callback.")).to_be_visible()
    assert_accessible(page, "the offer")
    assert_fits(page, "the offer")
    shot(page, "offer")
    page.get_by_role("link", name="Accept").click()
    expect(page.get_by_role("button", name="Call ")).to_be_visible()
    page.get_by_role("button", name="Call ").click()
    module_is(page, "ringing")
    expect(console.get_by_text("Offered until")).to_be_hidden()
    product.end_calls()


@pytest.mark.long
def test_two_wait_for_a_callback_an_ordinary_caller_comes_between_and_one_cancels(
    product: Product, new_page: NewPage
) -> None:
    slug = product.ask(away)
    console = new_page("portal", "desktop", **STILL)
    enter(console, OPERATOR)
    first, second, caller = (new_page("flirts", "phone", **STILL) for _ in range(3))
    for page, who in ((first, "customer"), (second, "second"), (caller, "regular1")):
        log_in(page, f"{who}@aeims.test")
    for page in (first, second):
        ask_for_a_callback(page, slug)
    call_back = console.get_by_role("button", name="Call back")
    expect(call_back).to_have_text([re.compile(FIRST), re.compile(SECOND)])
    console.get_by_role("button", name="Online").click()
    expect(console.get_by_role("heading", name="You are online")).to_be_visible()
    call_back.first.click()
    offer = first.get_by_text("You asked for a callback.")
    expect(offer).to_be_visible()
    expect(second.get_by_text("You asked for a callback.")).to_be_hidden()

    caller.goto(f"/operators/{slug}/")
    caller.get_by_role("button", name=re.compile("^Call ")).click()
    module_is(caller, "live")
    expect(offer).to_be_hidden()
    expect(first.get_by_role("button", name="Cancel the request")).to_be_visible()
    caller.get_by_role("button", name="Hang up").click()
    expect(console.get_by_role("heading", name="No call right now")).to_be_visible()
    expect(call_back).to_have_text([re.compile(FIRST), re.compile(SECOND)])

    at_once(
        console.get_by_role("button", name=f"Call back {SECOND}"),
        second.get_by_role("button", name="Cancel the request"),
    )
    expect(call_back).to_have_text([re.compile(FIRST)])
    expect(second.get_by_role("button", name="Cancel the request")).to_be_hidden()
    module_is(second, "ready")
    expect(second.get_by_text("You asked for a callback.")).to_be_hidden()
    call_back.click()
    first.get_by_role("link", name="Accept").first.click()
    first.get_by_role("button", name="Call ").click()
    module_is(first, "live")
    expect(console.get_by_role("button", name="Call back")).to_have_count(0)
    first.get_by_role("button", name="Hang up").click()
    module_is(first, "ended")


def at_once(*buttons: Locator) -> None:
    """Press all of them in the same moment, each in its own browser."""
    moment = time.time() * 1000 + 1500
    for button in buttons:
        button.evaluate("(button, moment) => setTimeout(() => button.click(), moment - Date.now())", moment)
