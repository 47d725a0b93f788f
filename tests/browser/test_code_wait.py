"""The pause between two codes on the page: it counts down, and the button can be pressed when it is over."""

from datetime import timedelta

from playwright.sync_api import expect

from core import clock
from customers.models import Customer, PhoneVerification
from phones.services.store_number import store_number
from tests.browser.conftest import NewPage
from tests.browser.page_checks import assert_accessible, assert_fits
from tests.browser.people import log_in
from tests.browser.test_a_conversation import Two, two

__all__ = ["two"]  # a fixture


def test_the_wait_for_the_next_code_counts_down(new_page: NewPage, two: Two) -> None:
    page = new_page("flirts", "phone")
    log_in(page, two.customer.user.email)
    two.product.ask(a_code_was_spoken, two.customer)
    page.clock.install()
    page.goto("/account/phones/")
    button = page.get_by_role("button", name="Call me now")
    expect(button).to_be_disabled()
    expect(page.get_by_role("status").filter(has_text="next code")).to_have_count(0)
    assert_accessible(page, "waiting for the next code")
    assert_fits(page, "waiting for the next code")
    began = int(page.locator("code-wait").get_attribute("data-seconds") or 0)
    page.clock.run_for(20_000)
    shown = page.locator('[data-part="left"]').inner_text()
    assert 0 < int(shown.removesuffix(" seconds")) <= began - 20
    expect(button).to_be_disabled()
    page.clock.run_for(60_000)
    expect(page.get_by_role("status").filter(has_text="You can get the next code now.")).to_be_visible()
    expect(button).to_be_enabled()
    expect(page.get_by_text("Please wait")).to_be_hidden()


def a_code_was_spoken(customer: Customer) -> None:
    at = clock.now()
    PhoneVerification.objects.create(
        reference=f"verify_wait_{customer.pk}", customer=customer, phone_number=store_number("+12125550199"),
        code_hash="-", created_at=at, expires_at=at + timedelta(minutes=10), tries_left=5,
    )  # fmt: skip
