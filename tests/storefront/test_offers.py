"""What pages say of offers: promised only to whoever would be given them, and told when they were."""

import re
from typing import Any

import pytest
from django.test import Client

from billing.models import FreeMinutesPackage, MerchantAccount, Offer, OfferClaim
from billing.offer_rules import cost_at_most
from billing.services.check_payment import check_payment
from billing.states import OfferKind
from brands.models import Brand
from core import clock
from customers.domain_events import phone_verified
from customers.models import Customer, Device
from storefront.offers import given_words
from tests.factories import BrandFactory, OperatorFactory
from tests.scenario import BRAND_HOST, given_customer, given_operator, logged_in
from tests.support.card_processor import ACCOUNT, NAME, Processor, given_payment

pytestmark = pytest.mark.django_db

GIFT = "get 3 free minutes, connection fee included"


@pytest.fixture
def brand() -> Brand:
    made: Brand = BrandFactory()
    return made


@pytest.fixture
def welcome(brand: Brand) -> Offer:
    made: Offer = Offer.objects.create(
        kind=OfferKind.WELCOME, name="Welcome gift", minutes=3, covers_fee=True, daily_budget_minor=100_000
    )
    return made


def takes_cards(brand: Brand) -> None:
    MerchantAccount.objects.create(
        brand=brand, gateway=NAME, account=ACCOUNT, statement_text="NYCF", support_phone="+12125550123"
    )


def a_visitor() -> Client:
    """Somebody who said that they are an adult."""
    client = Client(headers={"Host": BRAND_HOST})
    client.post("/enter/", {"next": "/"})
    return client


def page(client: Client, path: str) -> str:
    return " ".join(client.get(path).content.decode().split())


def test_a_visitor_reads_of_the_welcome_offer_while_it_stands(brand: Brand, welcome: Offer) -> None:
    given_operator()
    visitor = a_visitor()
    assert f"Welcome gift: verify your phone and {GIFT}. Minutes are good for 30 days." in page(visitor, "/")
    Offer.objects.update(daily_budget_minor=cost_at_most(welcome) - 1)
    assert "Welcome gift" not in page(visitor, "/")


def test_where_a_basis_is_asked_for_it_comes_with_a_payment_if_one_can_pay(
    brand: Brand, welcome: Offer
) -> None:
    Brand.objects.update(asks_access_basis=True)
    visitor = a_visitor()
    assert "Welcome gift" not in page(visitor, "/"), "it takes no cards"
    takes_cards(brand)
    assert f"make your first card payment and {GIFT}" in page(visitor, "/")


def test_a_browser_that_had_it_is_promised_nothing(brand: Brand, welcome: Offer) -> None:
    customer = given_customer(balance=0)
    client = a_visitor()
    password = "a long enough word 1"
    customer.user.set_password(password)
    customer.user.save()
    login = {"login": customer.user.email, "password": password}
    client.post("/accounts/login/", login)
    device = Device.objects.get(user=customer.user)
    phone_verified.tell(customer=customer, brand=brand)
    client.post("/accounts/logout/")
    assert "Welcome gift" not in page(client, "/")
    assert device.marker_hash
    assert "Welcome gift" in page(a_visitor(), "/")


def test_the_dashboard_shows_it_until_it_was_given_and_to_no_operator(brand: Brand, welcome: Offer) -> None:
    customer = given_customer(balance=0, phone=False)
    client = logged_in(customer.user, BRAND_HOST)
    assert f"verify your phone and {GIFT}" in page(client, "/dashboard/")
    operator_too = given_customer(balance=0, phone=False)
    OperatorFactory(user=operator_too.user)
    assert "Welcome gift" not in page(logged_in(operator_too.user, BRAND_HOST), "/dashboard/")
    began = clock.now()
    phone_verified.tell(customer=customer, brand=brand)
    assert given_words(customer, began) == "You got 3 free minutes, connection fee included."
    assert "Welcome gift" not in page(client, "/dashboard/")


def test_the_bonus_is_beside_the_amounts_and_on_the_page_of_the_payment(
    brand: Brand, processor: Processor
) -> None:
    Offer.objects.create(
        kind=OfferKind.LOAD_BONUS,
        name="First load",
        bonus_bps=2000,
        bonus_most_minor=1000,
        daily_budget_minor=9000,
    )
    customer = given_customer(balance=0)
    takes_cards(brand)
    client = logged_in(customer.user, BRAND_HOST)
    shown = page(client, "/funds/")
    assert "First load: your first card payment gets you 20% on top, up to $10.00." in shown
    assert "$25 + $5 bonus" in shown
    payment = given_payment(customer, 2500)
    processor.pay(payment)
    check_payment(payment_id=payment.pk)
    assert "You got a bonus of $5.00." in page(client, f"/funds/{payment.public_id}/")
    assert "bonus" not in re.findall(r"\$25[^<]*", page(client, "/funds/"))[0]


def test_a_code_is_entered_on_the_page_for_adding_funds(brand: Brand) -> None:
    Offer.objects.create(
        kind=OfferKind.CODE, name="Summer", code="SUMMER", minutes=5, daily_budget_minor=100_000
    )
    customer = given_customer(balance=0)
    client = logged_in(customer.user, BRAND_HOST)
    assert "I have a code" in page(client, "/funds/")
    for code, said in (("winter", "This code isn’t valid"), ("summer", "You got 5 free minutes."),
                       ("summer", "You’ve had this offer before")):  # fmt: skip
        answer = client.post("/funds/code/", {"code": code}, follow=True)
        assert said in answer.content.decode()
    assert FreeMinutesPackage.objects.get().customer == customer
    assert OfferClaim.objects.count() == 1


def test_codes_cannot_be_tried_out(brand: Brand, settings: Any) -> None:
    settings.THROTTLES_ON = True
    customer: Customer = given_customer(balance=0)
    client = logged_in(customer.user, BRAND_HOST)
    answers = [client.post("/funds/code/", {"code": f"X{n}"}).status_code for n in range(7)]
    assert answers == [302] * 5 + [429] * 2
