"""Give a customer what an offer promises: once ever, within its day's budget. The welcome offer and the bonus come by themselves."""

import logging
from datetime import timedelta

from django.db import IntegrityError, transaction
from django.db.models import Sum
from django.utils.translation import gettext as _

from billing import conf, offer_rules, postings
from billing.domain_events import funds_available
from billing.ledger import accounts
from billing.ledger.models import Account
from billing.ledger.posting import Posted, post
from billing.ledger.states import AccountKind, Funds, TransactionKind
from billing.models import FreeMinutesPackage, Offer, OfferClaim, OfferDay, OfferMarker, Payment
from billing.offer_promises import NotGiven, given_before, refuse_unsuitable
from billing.offer_rules import Markers
from billing.push import push_wallet
from billing.services.grant_free_minutes import grant_free_minutes
from billing.states import FundedBy, OfferKind
from brands.models import Brand
from core import audit, clock
from core.db import transactional
from core.errors import DomainError, Invalid
from customers.domain_events import phone_verified
from customers.models import Customer

log = logging.getLogger(__name__)


@phone_verified.listener
def welcome_verified_phone(*, customer: Customer, brand: Brand | None) -> OfferClaim | None:
    """The welcome offer comes with the verified phone where a brand asks for no access basis."""
    brand = brand or customer.home_brand
    return None if brand.asks_access_basis else _give(OfferKind.WELCOME, customer, brand)


def welcome_payment(payment: Payment) -> list[OfferClaim]:
    """What comes with the first confirmed payment of an account: the welcome offer where the brand asks for an access basis,
    and the bonus on the first load. In the transaction that books it.
    """
    customer, brand = payment.customer, payment.merchant_account.brand
    _note_card(customer, payment.card)
    earlier = Payment.objects.filter(customer=customer, captured_at__isnull=False).exclude(pk=payment.pk)
    if earlier.exists():
        return []
    given = [_give(OfferKind.WELCOME, customer, brand, payment)] if brand.asks_access_basis else []
    given.append(_give(OfferKind.LOAD_BONUS, customer, brand, payment))
    return [claim for claim in given if claim is not None]


@transactional
def redeem_code(*, customer: Customer, brand: Brand, code: str) -> OfferClaim:
    """What the code gives. Raises Invalid `unknown_code`, NotGiven with the reason."""
    entered = "".join(code.split())
    offer = Offer.objects.filter(kind=OfferKind.CODE, code__iexact=entered).first() if entered else None
    is_here = offer is not None and offer.brand_id in (None, brand.pk)
    if offer is None or not is_here or not offer.holds_at(clock.now()):
        raise Invalid(
            _("This code isn’t valid, or it has expired. Check it and try again."), code="unknown_code"
        )
    if not customer.phones.filter(verified_at__isnull=False).exists():
        raise NotGiven(_("Verify your phone first; then enter the code."), code="phone_first")
    return claim(customer=customer, brand=brand, offer=offer)


@transactional
def claim(*, customer: Customer, brand: Brand, offer: Offer, payment: Payment | None = None) -> OfferClaim:
    """Give `offer` to `customer`. All or nothing, also within a larger transaction. Raises NotGiven, Conflict `account_closed`."""
    wallet = accounts.wallet(
        customer_id=customer.pk, currency=conf.currency()
    )  # puts an account's claims in a row
    refuse_unsuitable(customer, offer)
    markers = offer_rules.markers_of(customer, payment.card if payment else "")
    with transaction.atomic():
        # Its lock puts claims of an offer in a row.
        offer = Offer.objects.select_for_update(no_key=True).get(pk=offer.pk)
        at = clock.now()
        bonus_minor = offer_rules.bonus_of(offer, payment.amount_minor if payment else None)
        bonus_minor = max(0, min(bonus_minor, conf.max_balance_minor() - wallet.balance_minor))
        cost_minor = offer_rules.cost_at_most(offer, payment.amount_minor if payment else None)
        given = OfferClaim(
            offer=offer, customer=customer, brand=brand, payment=payment, bonus_minor=bonus_minor,
            cost_minor=cost_minor, day=offer_rules.budget_day(at), claimed_at=at,
        )  # fmt: skip
        _count(offer, given)
        _mark(offer.scope, markers)
        given.package = _minutes(given) if offer.minutes else None
        given.bonus_transaction_id = _bonus(given, wallet).transaction_id if bonus_minor else None
        given.save(force_insert=True)
    audit.record(
        actor=None, action="offer.claim", subject=customer, reason=offer.name, offer=offer.pk,
        minutes=offer.minutes, bonus_minor=bonus_minor, cost_minor=cost_minor,
    )  # fmt: skip
    push_wallet(customer.pk)
    funds_available.after_commit(customer_id=customer.pk)
    return given


def _give(
    kind: OfferKind, customer: Customer, brand: Brand, payment: Payment | None = None
) -> OfferClaim | None:
    """The standing offer of this kind; None if there is none for this account. A payment is never lost for it."""
    offer = offer_rules.standing(kind, brand, clock.now())
    if offer is None:
        return None
    try:
        return claim(customer=customer, brand=brand, offer=offer, payment=payment)
    except DomainError as refused:
        log.info("offer %s not given to customer %s: %s", offer.pk, customer.pk, refused.error_code)
        return None


def _count(offer: Offer, given: OfferClaim) -> None:
    """Count it for the day and in all, under the offer's lock. Raises NotGiven if it ended, or the budget or the uses are used up."""
    day = OfferDay.objects.get_or_create(offer=offer, day=given.day)[0]
    used = offer.days.aggregate(uses=Sum("claims"))["uses"] or 0
    is_used_up = offer.most_uses is not None and used >= offer.most_uses
    if not offer.holds_at(given.claimed_at) or is_used_up:
        raise NotGiven(_("This offer has ended."), code="ended")
    if day.cost_minor + given.cost_minor > offer.daily_budget_minor:
        raise NotGiven(
            _("This offer is used up for today. Please try again tomorrow."), code="budget_used_up"
        )
    day.claims, day.cost_minor = day.claims + 1, day.cost_minor + given.cost_minor
    day.save(update_fields=["claims", "cost_minor"])


def _mark(scope: str, markers: Markers) -> None:
    """Remember them for good. Raises NotGiven if one of them is known; a claim at the same moment is waited for."""
    if offer_rules.is_known(scope, markers):
        raise given_before()
    try:
        with transaction.atomic():
            OfferMarker.objects.bulk_create(
                OfferMarker(scope=scope, kind=kind, hash=values[0]) for kind, values in sorted(markers)
            )
    except IntegrityError:
        raise given_before() from None


def _note_card(customer: Customer, card: str) -> None:
    """The card of somebody who was given offers before it was known counts as theirs."""
    if not card:
        return
    claims = OfferClaim.objects.filter(customer=customer).select_related("offer")
    [(kind, values)] = [pair for pair in offer_rules.markers_of(customer, card) if pair[0] == "card"]
    OfferMarker.objects.bulk_create(
        (
            OfferMarker(scope=scope, kind=kind, hash=values[0])
            for scope in sorted({row.offer.scope for row in claims})
        ),
        ignore_conflicts=True,
    )


def _minutes(given: OfferClaim) -> FreeMinutesPackage:
    offer = given.offer
    return grant_free_minutes(
        customer=given.customer,
        operator=None,
        minutes=offer.minutes,
        expires_at=given.claimed_at + timedelta(days=offer.expires_days),
        reason=f"Offer: {offer.name}",
        funded_by=FundedBy.PLATFORM,
        covers_fee=offer.covers_fee,
        actor=None,
        idempotency_key=f"offer:{offer.pk}:{given.customer_id}",
    )


def _bonus(given: OfferClaim, wallet: Account) -> Posted:
    [posted] = post(
        postings.credit(
            key=f"offer:{given.offer_id}:{given.customer_id}",
            kind=TransactionKind.PROMO,
            source=AccountKind.PROMO,
            wallet_id=wallet.pk,
            customer_id=given.customer_id,
            currency=wallet.currency,
            amount_minor=given.bonus_minor,
            actor_id=None,
            reason=f"Offer: {given.offer.name}",
            description=given.offer.name,
            funds=Funds.PROMO,
        )
    )
    return posted


@transactional
def take_back_bonus(payment: Payment) -> int:
    """The payment went back: what is left of the bonus that came with it does, too. How much, in cents.

    Promotional money alone that no call holds, never what was paid.
    """
    given = OfferClaim.objects.filter(payment=payment, bonus_minor__gt=0).select_related("offer").first()
    if given is None:
        return 0
    wallet = accounts.wallet(customer_id=payment.customer_id, currency=payment.currency)
    left_minor = min(given.bonus_minor - given.taken_back_minor, wallet.promo_minor, wallet.available_minor)
    if left_minor <= 0:
        return 0
    given.taken_back_minor += left_minor
    given.save(update_fields=["taken_back_minor"])
    post(
        postings.credit(
            key=f"offer-back:{given.pk}:{given.taken_back_minor}",
            kind=TransactionKind.PROMO,
            source=AccountKind.PROMO,
            wallet_id=wallet.pk,
            customer_id=payment.customer_id,
            currency=wallet.currency,
            amount_minor=-left_minor,
            actor_id=None,
            reason="The payment it came with was returned.",
            description=f"{given.offer.name} taken back",
            funds=Funds.PROMO,
        )
    )
    return left_minor
