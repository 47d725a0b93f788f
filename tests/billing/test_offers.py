"""Offers: who is given what, once ever, and what goes back. All money is cents."""

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.db.models import Sum

from billing import selectors
from billing.auditing import run, scope_since
from billing.ledger.models import Account, Entry
from billing.models import FreeMinutesPackage, Offer, OfferClaim, OfferDay, OfferMarker
from billing.offer_rules import cost_at_most, standing
from billing.services.charge_message import charge_message
from billing.services.check_payment import check_payment
from billing.services.claim_offer import NotGiven, redeem_code
from billing.services.pay_back import pay_back
from billing.states import OfferKind
from brands.models import Brand
from core import clock
from core.errors import Invalid
from customers.domain_events import phone_verified
from customers.models import Customer, Device
from customers.services.limits import close_account
from privacy.models import Erasure
from privacy.services.erase_person import erase_due
from privacy.services.request_erasure import request_erasure
from tests.factories import BrandFactory, OperatorFactory
from tests.scenario import given_customer, given_operator
from tests.support.card_processor import Processor, given_paid

pytestmark = pytest.mark.django_db


def an_offer(kind: OfferKind = OfferKind.WELCOME, **fields: Any) -> Offer:
    gives: dict[str, Any] = {
        OfferKind.WELCOME: {"minutes": 3, "covers_fee": True},
        OfferKind.LOAD_BONUS: {"bonus_bps": 2000, "bonus_most_minor": 1000},
        OfferKind.CODE: {"code": "SUMMER", "bonus_minor": 300},
    }[kind]
    offer: Offer = Offer.objects.create(
        **{"kind": kind, "name": "A gift", "daily_budget_minor": 100_000} | gives | fields
    )
    return offer


def verify(customer: Customer, brand: Brand | None = None) -> None:
    """As the customer's phone being verified on a page of the brand."""
    phone_verified.tell(customer=customer, brand=brand)


def enforcing() -> Brand:
    brand = BrandFactory()
    brand.asks_access_basis = True
    brand.save()
    return brand


def funds(customer: Customer) -> tuple[int, int]:
    """Balance, and the promotional part of it."""
    wallet = selectors.wallet_of(customer.pk)
    return wallet.balance_minor, wallet.promo_minor


def books_are_sound() -> bool:
    return list(run(scope_since(None))) == []


# -- when it comes


def test_welcome_minutes_come_with_the_verified_phone_once() -> None:
    an_offer()
    customer = given_customer(balance=0)
    verify(customer)
    package = FreeMinutesPackage.objects.get(customer=customer)
    assert (package.seconds_granted, package.covers_fee, package.operator_id) == (180, True, None)
    claim = OfferClaim.objects.get()
    assert (claim.customer, claim.package) == (customer, package)
    verify(customer)
    assert FreeMinutesPackage.objects.count() == 1
    assert books_are_sound()


def test_where_the_brand_asks_for_a_basis_they_come_with_the_first_confirmed_payment(
    processor: Processor,
) -> None:
    an_offer()
    brand = enforcing()
    customer = given_customer(balance=0)
    verify(customer, brand)
    assert not OfferClaim.objects.exists()
    given_paid(processor, customer)
    assert selectors.free_seconds_of(customer.pk, clock.now()) == 180
    given_paid(processor, customer)
    assert OfferClaim.objects.count() == 1
    assert books_are_sound()


def test_a_bonus_is_promotional_money_in_the_transaction_of_the_first_load(processor: Processor) -> None:
    an_offer(OfferKind.LOAD_BONUS)
    customer = given_customer(balance=0)
    given_paid(processor, customer, 2500)
    assert funds(customer) == (3000, 500)
    given_paid(processor, customer, 2500)
    assert funds(customer) == (5500, 500)
    other = given_customer(balance=0)
    given_paid(processor, other, 7500)
    assert funds(other) == (8500, 1000), "20% with a most"
    assert books_are_sound()


def test_a_code_is_entered_in_any_case_used_once_by_each_and_so_often_in_all() -> None:
    offer = an_offer(OfferKind.CODE, most_uses=2)
    first, second, third = (given_customer(balance=0) for _ in range(3))
    brand = BrandFactory()
    redeem_code(customer=first, brand=brand, code=" summer ")
    assert funds(first) == (300, 300)
    with pytest.raises(NotGiven, match="before"):
        redeem_code(customer=first, brand=brand, code="SUMMER")
    redeem_code(customer=second, brand=brand, code="SUMMER")
    with pytest.raises(NotGiven, match="ended"):
        redeem_code(customer=third, brand=brand, code="SUMMER")
    with pytest.raises(Invalid):
        redeem_code(customer=third, brand=brand, code="WINTER")
    with time_machine.travel(clock.now() + timedelta(days=2), tick=False):
        Offer.objects.update(ends_at=clock.now() - timedelta(days=1), most_uses=None)
        with pytest.raises(Invalid):
            redeem_code(customer=third, brand=brand, code="SUMMER")
    assert offer.claims.count() == 2
    assert books_are_sound()


# -- to whom


def shares_the_number(one: Customer, other: Customer) -> None:
    other.phones.all().delete()
    number = one.phones.get().phone_number
    one.phones.all().delete()
    other.phones.create(phone_number=number, verified_at=clock.now())


def shares_the_browser(one: Customer, other: Customer) -> None:
    for customer in (one, other):
        Device.objects.create(
            user=customer.user, marker_hash="b" * 64, first_seen_at=clock.now(), last_seen_at=clock.now()
        )


@pytest.mark.parametrize("is_erased", [False, True])
@pytest.mark.parametrize("shared", ["number", "browser"])
def test_once_per_number_and_browser_also_in_an_account_made_after_the_first_was_erased(
    shared: str, is_erased: bool
) -> None:
    an_offer()
    first, second = given_customer(balance=0), given_customer(balance=0)
    if shared == "browser":
        shares_the_browser(first, second)
    verify(first)
    assert OfferClaim.objects.filter(customer=first).exists()
    if shared == "number":
        shares_the_number(first, second)
    if is_erased:
        request_erasure(user=first.user, actor=first.user)
        Erasure.objects.update(due_at=clock.now())
        assert erase_due() == 1
    verify(second)
    assert not OfferClaim.objects.filter(customer=second).exists()


def test_once_per_card_also_where_it_was_known_only_later(processor: Processor) -> None:
    an_offer()
    first, second = given_customer(balance=0), given_customer(balance=0)
    verify(first)
    enforcing()
    for customer in (first, second):
        payment = given_payment_with(processor, customer, card="one-card")
        assert check_payment(payment_id=payment.pk).captured_minor
    assert [claim.customer for claim in OfferClaim.objects.all()] == [first]
    assert OfferMarker.objects.filter(kind="card").count() == 1


def given_payment_with(processor: Processor, customer: Customer, card: str) -> Any:
    from tests.support.card_processor import given_payment

    payment = given_payment(customer)
    processor.pay(payment, card=card)
    return payment


def test_operators_those_who_are_one_person_with_one_and_closed_accounts_get_none() -> None:
    an_offer()
    operator_too, linked, closed = (given_customer(balance=0) for _ in range(3))
    OperatorFactory(user=operator_too.user)
    operator = given_operator()
    operator.phone_number = linked.phones.get().phone_number
    operator.save()
    close_account(customer=closed)
    for customer in (operator_too, linked, closed):
        verify(customer)
    assert not OfferClaim.objects.exists()
    assert not OfferMarker.objects.exists()


# -- the budget


def test_when_the_days_budget_is_used_up_the_offer_is_not_made_until_tomorrow() -> None:
    given_operator(rate="3.99", fee="0.99")
    offer = an_offer()
    cost = cost_at_most(offer)
    assert cost >= 958 + 3 * 79, "three calls of a minute have three fees"
    Offer.objects.update(daily_budget_minor=2 * cost + 1)
    brand = BrandFactory()
    for _ in range(3):
        verify(given_customer(balance=0), brand)
    assert OfferClaim.objects.count() == 2
    assert standing(OfferKind.WELCOME, brand, clock.now()) is None
    assert OfferDay.objects.get().cost_minor == 2 * cost
    tomorrow = clock.now() + timedelta(days=1)
    assert standing(OfferKind.WELCOME, brand, tomorrow) == offer
    assert books_are_sound()


def test_the_brands_own_offer_goes_first_and_one_that_is_off_or_of_another_brand_never() -> None:
    brand = BrandFactory()
    other = BrandFactory(slug="other", name="Other")
    for_all = an_offer()
    own = an_offer(brand=brand)
    an_offer(brand=other)
    an_offer(brand=brand, is_active=False)
    at = clock.now()
    assert standing(OfferKind.WELCOME, brand, at) == own
    own.ends_at = at
    own.save()
    assert standing(OfferKind.WELCOME, brand, at) == for_all
    for_all.starts_at = at + timedelta(seconds=1)
    for_all.save()
    assert standing(OfferKind.WELCOME, brand, at) is None


# -- what goes back


@pytest.mark.parametrize(("spent", "left"), [(0, 0), (200, 0), (700, 0)])
def test_a_chargeback_of_the_first_load_takes_what_is_left_of_its_bonus(
    processor: Processor, spent: int, left: int
) -> None:
    an_offer(OfferKind.LOAD_BONUS)
    customer = given_customer(balance=0)
    payment = given_paid(processor, customer, 2500)
    if spent:
        operator = given_operator(rate_per_message_minor=spent, max_message_minor=spent)
        charge_message(customer=customer, operator=operator, brand=BrandFactory(), message_id="m")
    processor.add(payment, charged_back_minor=2500)
    check_payment(payment_id=payment.pk)
    balance, promo = funds(customer)
    assert promo == left
    assert balance == min(0, -(spent - 500)), "of what was paid alone"
    assert OfferClaim.objects.get().taken_back_minor == max(0, 500 - spent)
    assert books_are_sound()


def test_money_back_to_the_card_takes_its_bonus_along(processor: Processor) -> None:
    an_offer(OfferKind.LOAD_BONUS)
    customer = given_customer(balance=0)
    given_paid(processor, customer, 2500)
    pay_back(customer=customer, expected_minor=2500)
    assert funds(customer) == (0, 0)
    given = -(Entry.objects.filter(account__kind="promo").aggregate(total=Sum("amount_minor"))["total"] or 0)
    assert given == 0
    assert Account.objects.filter(kind="wallet", customer=customer).exists()
    assert books_are_sound()


def test_the_audit_names_a_day_that_counts_other_claims_and_a_bonus_that_is_not_booked(
    processor: Processor,
) -> None:
    an_offer(OfferKind.LOAD_BONUS)
    given_paid(processor, given_customer(balance=0), 2500)
    OfferDay.objects.update(cost_minor=1)
    OfferClaim.objects.update(bonus_minor=501)
    names = {found.check for found in run(scope_since(None))}
    assert {"offer_day_counts_its_claims", "offer_bonus_is_in_the_books"} <= names
