"""Begin a card payment: on the processor's page, or with a card that paid before."""

from datetime import datetime, timedelta

from django.db import IntegrityError
from django.utils.translation import gettext as _
from procrastinate.contrib.django import app as jobs

from billing import conf, payment_rules
from billing.gateways import gateway_named
from billing.gateways.base import Ability, Limits
from billing.ledger import accounts
from billing.models import MerchantAccount, Payment
from billing.payment_numbers import new_payment_number
from billing.states import PaymentState
from brands.models import Brand
from core import clock, money
from core.db import transactional
from core.errors import Conflict, DomainError, LimitReached, NotFound, Unavailable
from core.jobs import Queue
from customers.models import Customer

CHARGE_SAVED_CARD = "billing.charge_saved_card"
ONE_CHARGE_WITHIN = timedelta(seconds=10)  # a tap on the page and a key pressed in the call, at once
REUSED_FOR = timedelta(minutes=30)  # a second tap, or a second tab, goes on with the same payment
FIRST_CHECK = timedelta(seconds=60)
MAX_PATH = 200


@transactional
def start_payment(
    *,
    customer: Customer,
    brand: Brand,
    amount_minor: int,
    return_path: str = "",
    network_hash: bytes | None = None,
) -> Payment:
    """A payment of `amount_minor` (cents) to be made on the processor's page; an open one of the same amount again.

    Raises Unavailable `no_cards`, Conflict `account_closed` and `payment_unknown`, NotAllowed `phone_not_verified`, LimitReached
    (`cards_closed`, `too_many_payments`, `load_limit`), and what is in the way of the account.
    """
    account = merchant_account_of(brand)
    at = _require_may_load(customer, account, amount_minor, network_hash)
    open_payments = Payment.objects.filter(
        customer=customer,
        merchant_account=account,
        amount_minor=amount_minor,
        saved_from=None,
        state__in=(PaymentState.CREATED, PaymentState.REDIRECTED),
        created_at__gt=at - REUSED_FOR,
    )
    payment = open_payments.select_related("merchant_account__brand", "customer").order_by("-id").first()
    if payment is None:
        payment = _create(customer, account, amount_minor, return_path, network_hash, at)
        payment.state = PaymentState.REDIRECTED
        payment.save(force_insert=True)
    return payment


@transactional
def start_saved_card_payment(
    *,
    customer: Customer,
    brand: Brand,
    amount_minor: int,
    return_path: str = "",
    network_hash: bytes | None = None,
) -> Payment:
    """Charge the card that paid last, once. The payment is `unknown` until the processor has said what became of it.

    Two taps, two tabs, and a key pressed in a call make one charge: the second finds the first unanswered, or just made. Raises as
    `start_payment`, Conflict `payment_just_made`, and NotFound where no card can be charged again.
    """
    account = merchant_account_of(brand)
    earlier = saved_card_payment(customer, account)
    if earlier is None:
        raise NotFound(_("There’s no saved card we can charge."))
    at = _require_may_load(customer, account, amount_minor, network_hash)
    _require_none_just_made(customer, at)
    payment = _create(customer, account, amount_minor, return_path, network_hash, at)
    payment.state, payment.saved_from = PaymentState.UNKNOWN, earlier
    try:
        payment.save(force_insert=True)
    except IntegrityError:
        raise Conflict(_("Your last payment is still going through."), code="payment_unknown") from None
    jobs.configure_task(CHARGE_SAVED_CARD, queue=Queue.MONEY, allow_unknown=True).defer(payment_id=payment.pk)
    return payment


@transactional
def may_charge_saved_card(*, customer: Customer, brand: Brand, amount_minor: int) -> bool:
    """Whether `start_saved_card_payment` would begin such a charge now."""
    try:
        account = merchant_account_of(brand)
        if saved_card_payment(customer, account) is None:
            return False
        _require_none_just_made(customer, _require_may_load(customer, account, amount_minor, None))
    except DomainError:
        return False
    return True


def merchant_account_of(brand: Brand) -> MerchantAccount:
    """Where this brand's new card payments go. Raises Unavailable `no_cards`."""
    account = MerchantAccount.objects.filter(brand=brand, is_active=True).select_related("brand").first()
    if account is None:
        raise Unavailable(_("This site doesn’t take cards yet."), code="no_cards")
    return account


def saved_card_payment(customer: Customer, account: MerchantAccount) -> Payment | None:
    """The last payment whose card can be charged again; None if there is none, or the processor can't."""
    if Ability.SAVED_CARD not in gateway_named(account.gateway).abilities:
        return None
    return (
        Payment.objects.filter(
            customer=customer, merchant_account=account, captured_minor__gt=0, charged_back_minor=0
        )
        .exclude(card="")
        .order_by("-id")
        .first()
    )


def _require_may_load(
    customer: Customer, account: MerchantAccount, amount_minor: int, network_hash: bytes | None
) -> datetime:
    """Refuse what is in the way; the time after the wallet was locked, which puts payments of one customer in a row."""
    wallet = accounts.wallet(customer_id=customer.pk, currency=conf.currency())
    at = clock.now()
    payment_rules.require_may_pay(customer, wallet, network_hash, at)
    payment_rules.require_room(
        payment_rules.room_for_load(customer, wallet, at), amount_minor, wallet.currency
    )
    _require_within(gateway_named(account.gateway).limits(), amount_minor, wallet.currency)
    return at


def _require_none_just_made(customer: Customer, at: datetime) -> None:
    just_made = Payment.objects.filter(
        customer=customer, saved_from__isnull=False, created_at__gt=at - ONE_CHARGE_WITHIN
    )
    if just_made.exclude(state__in=(PaymentState.DECLINED, PaymentState.CANCELED)).exists():
        raise Conflict(
            _("Your card was charged a moment ago. To add more, try again in a few seconds."),
            code="payment_just_made",
        )


def _require_within(limits: Limits, amount_minor: int, currency: str) -> None:
    if not limits.smallest_minor <= amount_minor <= limits.largest_minor:
        smallest, largest = (
            money.format_money(n, currency) for n in (limits.smallest_minor, limits.largest_minor)
        )
        raise LimitReached(
            _("One payment can be from %(smallest)s to %(largest)s.")
            % {"smallest": smallest, "largest": largest},
            code="load_limit",
        )


def _create(
    customer: Customer, account: MerchantAccount, amount_minor: int, return_path: str, network_hash: bytes | None,
    at: datetime,
) -> Payment:  # fmt: skip
    return Payment(
        public_id=new_payment_number(customer.pk),
        customer=customer,
        merchant_account=account,
        amount_minor=amount_minor,
        currency=conf.currency(),
        statement_text=account.statement_text,
        return_path=return_path if len(return_path) <= MAX_PATH else "",
        network_hash=network_hash,
        created_at=at,
        changed_at=at,
        next_check_at=at + FIRST_CHECK,
    )
