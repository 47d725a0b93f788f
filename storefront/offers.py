"""What pages say of offers: those that would be given to whoever reads, and what was given."""

from dataclasses import dataclass
from datetime import datetime

from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

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
    return _words(offer, brand, reverse("account_signup"), _("Sign up free"))


def customer_offer(customer: Customer, brand: Brand) -> OfferWords | None:
    """The welcome offer that this customer would be given."""
    offer = promised(OfferKind.WELCOME, customer, brand, clock.now())
    if offer is None:
        return None
    if comes_with_payment(OfferKind.WELCOME, brand):
        return _words(offer, brand, reverse("funds"), _("Add funds"))
    return _words(offer, brand, reverse("phones"), _("Verify your phone"))


def bonus_words(offer: Offer) -> str:
    """What the page for adding funds says of the bonus."""
    return _("%(offer)s: your first card payment gets you %(gift)s.") % {
        "offer": offer.name,
        "gift": describe(offer),
    }


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
    text = (
        _("%(offer)s: make your first card payment and get %(gift)s.")
        if comes_with_payment(OfferKind.WELCOME, brand)
        else _("%(offer)s: verify your phone and get %(gift)s.")
    ) % {"offer": offer.name, "gift": describe(offer)}
    if offer.minutes:
        days = offer.expires_days
        good_for = ngettext(
            "Minutes are good for %(count)s day.", "Minutes are good for %(count)s days.", days
        )
        text += " " + good_for % {"count": days}
    return OfferWords(text, url, label)


def _given(claims: list[OfferClaim]) -> str:
    gifts = _(" and ").join(describe(claim.offer, claim.bonus_minor) for claim in claims)
    return _("You got %(gifts)s.") % {"gifts": gifts} if claims else ""
