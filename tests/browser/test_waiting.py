"""A customer who waits for an operator, in two browsers: told the moment she is free, or called back, and on to the ordinary call."""

from playwright.sync_api import Page, Route, StorageState, expect

from operators.models import Operator
from operators.services.presence import set_presence
from operators.states import Presence
from telephony.models import AvailabilityWatch, CallbackRequest
from tests.browser.conftest import NewPage
from tests.browser.page_checks import assert_accessible, assert_fits, shot
from tests.browser.people import module_is
from tests.browser.product import Product
from tests.browser.test_operator_at_work import OPERATOR, STILL, enter


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


def test_a_callback_is_asked_for_offered_and_accepted(
    product: Product, new_page: NewPage, logged_in: StorageState
) -> None:
    slug = product.ask(away)
    console = new_page("portal", "desktop", **STILL)
    enter(console, OPERATOR)
    page = new_page("flirts", "phone", storage_state=logged_in, **STILL)
    page.goto(f"/operators/{slug}/")
    page.get_by_role("link", name="Ask for a callback").click()
    assert_accessible(page, "asking")
    assert_fits(page, "asking")
    shot(page, "asking")
    page.get_by_role("button", name="Ask for a callback").click()
    expect(page.get_by_role("button", name="Cancel the request")).to_be_visible()
    shot(page, "asked")
    page.goto("/dashboard/")
    expect(console.get_by_role("button", name="Call back")).to_be_visible()
    assert_accessible(console, "the console")
    shot(console, "console")
    console.get_by_role("button", name="Online").click()
    expect(console.get_by_role("heading", name="You are online")).to_be_visible()
    console.get_by_role("button", name="Call back").click()
    expect(console.get_by_text("Offered until")).to_be_visible()
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
