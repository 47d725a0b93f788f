"""To whom an offer would be given: what pages promise, and what `claim_offer` refuses."""

from datetime import datetime

from django.utils.translation import gettext as _

from billing.ledger.models import Account
from billing.ledger.states import AccountKind
from billing.models import MerchantAccount, Offer, OfferClaim, Payment
from billing.offer_rules import is_known, markers_of, standing
from billing.states import OfferKind
from brands.models import Brand
from core import clock
from core.errors import Conflict, DomainError
from customers.models import Customer
from customers.selectors import refuse_closed_account
from operators.models import Operator
from operators.selectors import logins_of_person


class NotGiven(Conflict):
    """The offer is not for this account, or not now. The message says why."""


def given_before() -> NotGiven:
    """Whoever asks had such an offer, by this or another account."""
    return NotGiven(_("You’ve had this offer before. It’s once per person."), code="given_before")


def refuse_unsuitable(customer: Customer, offer: Offer) -> None:
    """Raises Conflict `account_closed`, and NotGiven for accounts of operators, in dispute, and that had such an offer before."""
    refuse_closed_account(customer)
    if customer.is_excluded(clock.now()):
        raise NotGiven(_("Offers are off during self-exclusion."), code="self_excluded")
    if Operator.objects.filter(user__in=logins_of_person(customer.user_id)).exists():
        raise NotGiven(_("This offer isn’t available for this account."), code="not_for_you")
    if Account.objects.filter(kind=AccountKind.WALLET, customer=customer, overdraft_minor__gt=0).exists():
        raise NotGiven(
            _("One of your card payments is in dispute. Offers are off until that’s settled."),
            code="account_frozen",
        )
    earlier = OfferClaim.objects.filter(customer=customer, offer__kind=offer.kind)
    if offer.kind == OfferKind.CODE:
        earlier = earlier.filter(offer=offer)
    if earlier.exists():
        raise given_before()


def promised(kind: OfferKind, customer: Customer, brand: Brand, at: datetime) -> Offer | None:
    """The welcome offer or bonus that this customer would be given on `brand` as things are; None if none would be."""
    offer = standing(kind, brand, at)
    if offer is None or not _is_to_come(kind, customer, brand):
        return None
    try:
        refuse_unsuitable(customer, offer)
    except DomainError:
        return None
    return None if is_known(offer.scope, markers_of(customer)) else offer


def comes_with_payment(kind: OfferKind, brand: Brand) -> bool:
    """Whether the first confirmed payment brings it, else the verified phone."""
    return kind == OfferKind.LOAD_BONUS or brand.asks_access_basis


def can_come(kind: OfferKind, brand: Brand) -> bool:
    """Whether the occasion that brings it can be had on `brand`: no payment without a card processor."""
    return (
        not comes_with_payment(kind, brand)
        or MerchantAccount.objects.filter(brand=brand, is_active=True).exists()
    )


def _is_to_come(kind: OfferKind, customer: Customer, brand: Brand) -> bool:
    if not comes_with_payment(kind, brand):
        return not customer.phones.filter(verified_at__isnull=False).exists()
    has_paid = Payment.objects.filter(customer=customer, captured_at__isnull=False).exists()
    return not has_paid and can_come(kind, brand)
