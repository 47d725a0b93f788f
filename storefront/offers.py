"""What pages say of offers: those that would be given to whoever reads, and what was given."""

from dataclasses import dataclass
from datetime import datetime

from django.http import HttpRequest
from django.urls import reverse

from billing.models import Offer, OfferClaim, Payment
from billing.offer_promises import can_come, comes_with_payment, promised
from billing.offer_rules import describe, device_markers, is_known, standing
from billing.states import OfferKind
from brands.models import Brand
from core import clock
from customers.models import Customer
from web.device_marker import marker_hash_of


@dataclass(frozen=True, slots=True)
class OfferWords:
    """`text`: a whole sentence or two; `url` and `label`: where it is had."""

    text: str
    url: str
    label: str


def visitor_offer(request: HttpRequest, brand: Brand) -> OfferWords | None:
    """The welcome offer for somebody without an account, unless their browser is known to have had it."""
    offer = standing(OfferKind.WELCOME, brand, clock.now())
    if offer is None or not can_come(OfferKind.WELCOME, brand):
        return None
    if is_known(offer.scope, device_markers(marker_hash_of(request))):
        return None
    return _words(offer, brand, reverse("account_signup"), "Sign up free")


def customer_offer(customer: Customer, brand: Brand) -> OfferWords | None:
    """The welcome offer that this customer would be given."""
    offer = promised(OfferKind.WELCOME, customer, brand, clock.now())
    if offer is None:
        return None
    if comes_with_payment(OfferKind.WELCOME, brand):
        return _words(offer, brand, reverse("funds"), "Add funds")
    return _words(offer, brand, reverse("phones"), "Verify your phone")


def bonus_words(offer: Offer) -> str:
    """What the page for adding funds says of the bonus."""
    return f"{offer.name}: your first card payment gets you {describe(offer)}."


def given_words(customer: Customer, since: datetime) -> str:
    """What the customer was given since then, as a sentence; empty if nothing was."""
    return _given(
        list(OfferClaim.objects.filter(customer=customer, claimed_at__gte=since).select_related("offer"))
    )


def given_with(payment: Payment) -> str:
    """What came with a payment, as a sentence; empty if nothing did."""
    return (
        _given(list(payment.offer_claims.select_related("offer").order_by("id")))
        if payment.captured_at
        else ""
    )


def _words(offer: Offer, brand: Brand, url: str, label: str) -> OfferWords:
    how = (
        "make your first card payment"
        if comes_with_payment(OfferKind.WELCOME, brand)
        else "verify your phone"
    )
    text = f"{offer.name}: {how} and get {describe(offer)}."
    if offer.minutes:
        text += f" Minutes are good for {offer.expires_days} day{'' if offer.expires_days == 1 else 's'}."
    return OfferWords(text, url, label)


def _given(claims: list[OfferClaim]) -> str:
    return (
        f"You got {' and '.join(describe(claim.offer, claim.bonus_minor) for claim in claims)}."
        if claims
        else ""
    )
