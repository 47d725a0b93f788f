"""The sandbox's page in a browser: another origin, whose form leads back to ours under the content policy, and its notices."""

import time

from django.test import override_settings
from playwright.sync_api import StorageState, expect

from billing.gateways import gateway_named
from billing.models import Payment, PaymentNotice
from billing.services.start_payment import start_payment
from customers.models import Customer
from tests.browser.conftest import NewPage
from tests.browser.page_checks import assert_accessible, assert_fits
from tests.browser.product import Product


def begun(port: int, return_url: str) -> tuple[str, str]:
    """The demo's customer is on the way to the card company: our number of the payment, and the page's address."""
    customer = Customer.objects.select_related("home_brand").get(user__email="customer@aeims.test")
    payment = start_payment(customer=customer, brand=customer.home_brand, amount_minor=2500)
    with override_settings(PORT=port):
        return str(payment.public_id), gateway_named("sandbox").start(payment, return_url=return_url)


def is_captured(public_id: str) -> bool:
    """Whether the worker reported it to web, and asked what became of it."""
    for _ in range(100):
        notices = PaymentNotice.objects.filter(payment__public_id=public_id)
        if Payment.objects.get(public_id=public_id).captured_minor and notices.exists():
            return True
        time.sleep(0.1)
    return False


def test_a_customer_pays_there_and_comes_back_logged_in(
    product: Product, new_page: NewPage, logged_in: StorageState
) -> None:
    public_id, address = product.ask(begun, product.port, product.site("flirts") + "/dashboard/")
    page = new_page("flirts", "phone", storage_state=logged_in)
    page.goto(address)
    assert page.url.startswith(f"http://pay.localhost:{product.port}/")
    expect(page.get_by_text("No card is charged")).to_be_visible()
    assert_accessible(page, "the sandbox's page")
    assert_fits(page, "the sandbox's page")
    page.get_by_label("Success").check()
    page.get_by_role("button", name="Pay $25.00").click()
    expect(page.get_by_role("link", name="Account", exact=True)).to_be_visible()
    assert page.url == product.site("flirts") + "/dashboard/"
    assert product.ask(is_captured, public_id)
    assert [cookie["domain"] for cookie in page.context.cookies() if "pay" in cookie.get("domain", "")] == []


def test_a_customer_cancels_there(product: Product, new_page: NewPage) -> None:
    _, address = product.ask(begun, product.port, product.site("flirts") + "/prices/")
    page = new_page("flirts", "desktop")
    page.goto(address)
    page.get_by_role("button", name="Cancel").click()
    page.wait_for_url(product.site("flirts") + "/**")
