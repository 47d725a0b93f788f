"""What the page for adding funds offers: amounts with what they buy, the saved card, and what is in the way."""

from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from billing import conf, payment_rules, rating
from billing.gateways import gateway_named
from billing.ledger.models import Account
from billing.ledger.states import AccountKind
from billing.models import MerchantAccount, Offer, Payment
from billing.offer_promises import promised
from billing.offer_rules import bonus_of
from billing.payment_rules import LoadRoom
from billing.services.start_payment import merchant_account_of, saved_card_payment
from billing.states import OfferKind
from billing.tariffs import tariff_for
from billing.tax_terms import tax_terms
from brands.models import Brand
from core import clock
from core.errors import DomainError, Unavailable
from core.money import format_money
from customers.models import Customer
from operators.models import Operator
from storefront.offers import bonus_words


@dataclass(frozen=True, slots=True)
class LoadAmount:
    """One amount to choose. `buys` says what it is good for, like `about 6 minutes with Sarah`; may be empty."""

    minor: int
    words: str
    buys: str
    bonus_words: str = ""

    @property
    def label(self) -> str:
        words = (
            _("%(amount)s + %(bonus)s bonus") % {"amount": self.words, "bonus": self.bonus_words}
            if self.bonus_words
            else self.words
        )
        return f"{words}, {self.buys}" if self.buys else words


@dataclass(frozen=True, slots=True)
class LoadOffer:
    """`account` is None where the brand takes no cards; `obstacle` says why this customer can't pay by card now, in words."""

    account: MerchantAccount | None
    room: LoadRoom
    amounts: tuple[LoadAmount, ...]
    obstacle: str = ""
    obstacle_code: str = ""
    saved: Payment | None = None
    bonus_words: str = ""  # what comes on top of a first payment

    @property
    def takes_cards(self) -> bool:
        return self.account is not None


def load_offer(
    customer: Customer, brand: Brand, operator: Operator | None, network_hash: bytes | None
) -> LoadOffer:
    """What this customer may add on this site now. `operator`: whom the money is meant for, if that is known."""
    at = clock.now()
    try:
        account = merchant_account_of(brand)
    except Unavailable:
        return LoadOffer(None, LoadRoom(0, -1), ())
    wallet = Account.objects.filter(
        kind=AccountKind.WALLET, customer=customer, currency=conf.currency()
    ).first()
    room = _within(payment_rules.room_for_load(customer, wallet, at), account)
    tariff = tariff_for(operator, tax_terms(customer, brand, at)) if operator else None
    bonus = promised(OfferKind.LOAD_BONUS, customer, brand, at)
    promise = bonus_words(bonus) if bonus else ""
    amounts = tuple(
        _amount(minor, operator, tariff, bonus)
        for minor in conf.load_amounts()
        if room.smallest_minor <= minor <= room.largest_minor
    )
    saved = saved_card_payment(customer, account)
    try:
        payment_rules.require_may_pay(customer, wallet, network_hash, at)
        if not room.is_open:
            payment_rules.require_room(room, room.smallest_minor, conf.currency())
    except DomainError as error:
        return LoadOffer(account, room, amounts, error.message, error.error_code, saved, promise)
    return LoadOffer(account, room, amounts, saved=saved, bonus_words=promise)


def _within(room: LoadRoom, account: MerchantAccount) -> LoadRoom:
    """What the processor takes in one payment bounds it, too."""
    limits = gateway_named(account.gateway).limits()
    return LoadRoom(
        max(room.smallest_minor, limits.smallest_minor), min(room.largest_minor, limits.largest_minor)
    )


def _amount(
    minor: int, operator: Operator | None, tariff: rating.Tariff | None, bonus: Offer | None
) -> LoadAmount:
    words = format_money(minor, conf.currency()).removesuffix(".00")
    bonus_minor = bonus_of(bonus, minor) if bonus else 0
    extra = format_money(bonus_minor, conf.currency()).removesuffix(".00") if bonus_minor else ""
    if operator is None or tariff is None:
        return LoadAmount(minor, words, "", extra)
    minutes = rating.affordable(tariff, minor + bonus_minor, 0, conf.max_call_seconds()) // 60
    buys = ngettext(
        "about %(count)s minute with %(operator)s", "about %(count)s minutes with %(operator)s", minutes
    ) % {"count": minutes, "operator": operator.stage_name}
    return LoadAmount(minor, words, buys if minutes else "", extra)
