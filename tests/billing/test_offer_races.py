"""Claims of an offer at the same moment: its budget, its uses, and once per person hold."""

from functools import partial

import pytest
from django.db.models import Sum

from billing.models import FreeMinutesPackage, Offer, OfferClaim, OfferDay
from billing.offer_rules import cost_at_most
from billing.services.claim_offer import NotGiven, claim
from billing.states import OfferKind
from core import clock
from customers.models import Customer, Device
from tests.factories import BrandFactory
from tests.scenario import assert_books_are_whole, given_customer, given_operator
from tests.support.threads import counted, in_parallel

pytestmark = pytest.mark.django_db(transaction=True)


def an_offer(**fields: object) -> Offer:
    terms = {"kind": OfferKind.WELCOME, "name": "Welcome", "minutes": 3, "daily_budget_minor": 1_000_000}
    offer: Offer = Offer.objects.create(**terms | fields)
    return offer


def claim_all(customers: list[Customer], *offers: Offer) -> list[object]:
    brand = BrandFactory()
    jobs = [
        partial(claim, customer=customer, brand=brand, offer=offers[number % len(offers)])
        for number, customer in enumerate(customers)
    ]
    return in_parallel(*jobs, at_once=10, refusals=NotGiven)


def test_twenty_claims_on_a_budget_for_seven_are_seven() -> None:
    given_operator()
    offer = an_offer()
    Offer.objects.update(daily_budget_minor=7 * cost_at_most(offer) + 5)
    results = claim_all([given_customer(balance=0) for _ in range(20)], offer)
    assert counted(type(result).__name__ for result in results) == {"OfferClaim": 7, "NotGiven": 13}
    day = OfferDay.objects.get()
    assert day.cost_minor == OfferClaim.objects.aggregate(total=Sum("cost_minor"))["total"]
    assert day.cost_minor <= Offer.objects.get().daily_budget_minor
    assert FreeMinutesPackage.objects.count() == 7
    assert_books_are_whole()


def test_a_code_with_three_uses_is_used_three_times() -> None:
    offer = an_offer(kind=OfferKind.CODE, code="THREE", most_uses=3)
    results = claim_all([given_customer(balance=0) for _ in range(10)], offer)
    assert counted(type(result).__name__ for result in results) == {"OfferClaim": 3, "NotGiven": 7}


def test_accounts_of_one_browser_have_one_welcome_between_them_whichever_offer_it_is() -> None:
    offers = an_offer(), an_offer()
    customers = [given_customer(balance=0) for _ in range(8)]
    for customer in customers:
        Device.objects.create(
            user=customer.user, marker_hash="d" * 64, first_seen_at=clock.now(), last_seen_at=clock.now()
        )
    results = claim_all(customers, *offers)
    assert counted(type(result).__name__ for result in results) == {"OfferClaim": 1, "NotGiven": 7}
    assert FreeMinutesPackage.objects.count() == 1


def test_one_account_has_it_once_however_often_it_asks() -> None:
    offer, customer = an_offer(), given_customer(balance=0)
    results = claim_all([customer] * 8, offer)
    assert counted(type(result).__name__ for result in results) == {"OfferClaim": 1, "NotGiven": 7}
