"""A customer's phone that screens its calls: it answers, and nobody presses 1. Against the simulated phones."""

import re

from django.test import override_settings
from playwright.sync_api import expect

from billing.selectors import receipt_of, wallet_of
from customers.models import Customer, CustomerPhone
from demo.people import PASSWORD
from operators.models import Operator
from telephony.adapter.screening import NO_KEY_SECONDS
from telephony.models import Call
from telephony.selectors import live_call_of
from telephony.services.initiate import initiate
from tests.browser.conftest import NewPage
from tests.browser.page_checks import assert_accessible, assert_fits, shot
from tests.browser.people import log_in, module_is
from tests.browser.product import Product
from tests.factories import BrandFactory, CustomerPhoneFactory
from tests.scenario import given_customer, given_operator

PRESSES_NOTHING = "+19990003601"  # answers at once
SAID_WITHIN_SECONDS = 5.0


def test_who_has_a_phone_that_screens_calls_is_told_while_it_rings_and_may_call_again(
    product: Product, new_page: NewPage
) -> None:
    phone, operator = product.ask(people)
    customer = phone.customer
    page = new_page("flirts", "phone", reduced_motion="reduce")
    log_in(page, customer.user.email)
    page.goto(f"/operators/{operator.slug}/")
    page.get_by_role("button", name=re.compile("^Call ")).click()
    module = page.locator("call-module")
    expect(module).to_contain_text("Your phone answered, but nobody pressed 1.")
    expect(module).to_contain_text("accept this one on its screen, then press 1")
    assert product.ask(live_call_of, customer), "it is said while there is time to press 1"
    assert NO_KEY_SECONDS < SAID_WITHIN_SECONDS
    assert_accessible(page, "a screened call")
    assert_fits(page, "a screened call")
    shot(page, "screened")

    page.get_by_role("button", name="Cancel call").click()
    module_is(page, "failed")
    expect(module).to_contain_text("If your phone screens calls, it doesn’t know us yet.")
    expect(module).to_contain_text(re.compile("weren[’']t charged"))
    shot(page, "screened-over")
    product.ask(assert_it_never_counts, customer, operator, product.adapter_url)
    module_is(page, "ringing")


def people() -> tuple[CustomerPhone, Operator]:
    brand = BrandFactory(slug="flirts")
    customer = given_customer(user__password=PASSWORD, phone=False)
    phone = CustomerPhoneFactory(customer=customer, number=PRESSES_NOTHING)
    return phone, given_operator(brands=[brand])


def assert_it_never_counts(customer: Customer, operator: Operator, adapter_url: str) -> None:
    """Nothing was charged or is held, and where one call that came to nothing is one too many they can call again."""
    wallet = wallet_of(customer.pk)
    assert wallet.available_minor == wallet.balance_minor
    call = Call.objects.get(customer=customer)
    assert receipt_of(call.call_id).charged_minor == 0
    with override_settings(MAX_UNJOINED_ATTEMPTS=1, ASTERISK_ADAPTER_URL=adapter_url):
        assert initiate(customer=customer, operator_id=operator.pk).is_live
