"""A break on the console of a phone: one press, live on her page and on a customer's."""

import pytest
from playwright.sync_api import expect

from customers.models import User
from tests.browser.conftest import NewPage
from tests.browser.page_checks import assert_accessible, assert_fits, shot
from tests.browser.product import Product
from tests.browser.test_operator_at_work import STILL, enter
from tests.scenario import given_operator

EMAIL = "break@example.test"


@pytest.fixture(scope="module")
def nora(product: Product) -> None:
    """An operator who is online."""

    def make() -> None:
        operator = given_operator(user__email=EMAIL, stage_name="Nora", slug="nora-on-a-break")
        known = User.objects.get(email="operator@aeims.test")
        User.objects.filter(pk=operator.user.pk).update(password=known.password)

    product.ask(make)


def test_a_break_is_one_press_and_customers_read_when_she_is_back(new_page: NewPage, nora: None) -> None:
    page, customer = new_page("portal", "phone", **STILL), new_page("flirts", "desktop", **STILL)
    enter(page, EMAIL)
    customer.goto("/operators/nora-on-a-break/")
    customer.get_by_role("button", name="I’m 18 or older").click()
    status = customer.locator(".operator-status")
    expect(status).to_contain_text("online")
    page.get_by_role("button", name="20 min").click()
    expect(page.get_by_text("On a break. You’re back online at")).to_be_visible()
    expect(customer.get_by_text("Back at")).to_be_visible()
    shot(page, "time-off-phone")
    shot(customer, "time-off-customer")
    assert_accessible(page, "a break")
    assert_fits(page, "a break")
    page.get_by_role("button", name="Turn texts off").click()
    expect(page.get_by_text("Texts are off.")).to_be_visible()
    page.get_by_role("button", name="I’m back").click()
    expect(page.get_by_role("button", name="I’m back")).to_have_count(0)
    expect(status).to_contain_text("online")
    page.goto("/settings/hours/")
    assert_accessible(page, "hours and time off")
    assert_fits(page, "hours and time off")
    shot(page, "hours-phone")
