"""The operator's own link on the dashboard, copied on a phone."""

from playwright.sync_api import expect

from operators.models import Operator
from tests.browser.conftest import NewPage
from tests.browser.page_checks import assert_accessible, assert_fits, shot
from tests.browser.product import Product
from tests.browser.test_operator_at_work import STILL, enter

EMAIL = "operator@aeims.test"


def test_the_link_is_copied_from_the_dashboard(new_page: NewPage, product: Product) -> None:
    product.ask(Operator.objects.filter(user__email=EMAIL).update, referral_share_bps=8500)
    page = new_page("portal", "phone", **STILL)
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    enter(page, EMAIL)
    page.goto("/dashboard/")
    section = page.get_by_role("region", name="Your link")
    section.get_by_role("button", name="Copy flirts.nyc").click()
    expect(section.get_by_text("Copied")).to_have_count(1)
    copied = page.evaluate("navigator.clipboard.readText()")
    assert copied == section.locator(".own-link-address").first.inner_text()
    assert "/with/" in copied
    assert_accessible(page, "the dashboard with the own link")
    assert_fits(page, "the dashboard with the own link")
    shot(page, "own-link-phone")
