"""Unused money goes back to the cards it came from: out of the wallet first, then to the processor, back if it refuses."""

from dataclasses import dataclass

from django.contrib.auth.models import AbstractBaseUser
from django.db.models import F, OuterRef, Subquery, Sum, Value
from django.db.models.functions import Coalesce
from django.utils.translation import gettext as _
from procrastinate.contrib.django import app as jobs

from billing import conf, payment_postings
from billing.gateways import GATEWAYS, gateway_named
from billing.gateways.base import Ability, NoAnswer, Refused
from billing.ledger import accounts
from billing.ledger.models import Account
from billing.ledger.posting import post
from billing.ledger.states import AccountKind
from billing.models import PayBack, Payment
from billing.push import push_wallet
from billing.services.check_payment import check_payment, end_pay_back
from billing.services.claim_offer import take_back_bonus
from billing.states import PayBackState, PaymentState
from core import audit, clock
from core.db import transactional
from core.errors import Conflict, InsufficientCredit
from core.jobs import Queue
from customers.domain_events import account_closed
from customers.models import Customer
from customers.own_account import refuse_own_account

SEND_PAY_BACK = "billing.send_pay_back"


@dataclass(frozen=True, slots=True)
class Returnable:
    """Of what a customer could be paid back now, minor units: what can go to cards, and what staff have to send otherwise."""

    to_cards_minor: int
    otherwise_minor: int
    promo_minor: int

    @property
    def total_minor(self) -> int:
        return self.to_cards_minor + self.otherwise_minor


def returnable_of(customer: Customer) -> Returnable:
    """What could go back now, and the promotional part that can't."""
    wallet = Account.objects.filter(
        kind=AccountKind.WALLET, customer=customer, currency=conf.currency()
    ).first()
    if wallet is None or wallet.overdraft_minor:
        return Returnable(0, 0, 0)
    wanted_minor = wallet.refundable_minor
    to_cards = min(wanted_minor, sum(left for _, left in _with_money_left(customer, wanted_minor)))
    return Returnable(to_cards, wallet.refundable_minor - to_cards, wallet.promo_minor)


@transactional
def pay_back(
    *, customer: Customer, expected_minor: int, reason: str = "", actor: AbstractBaseUser | None = None
) -> list[PayBack]:
    """Send all unused money that came by card back, newest payment first. `expected_minor`: what the person was shown.

    `actor`: staff; None: the customer. Raises NotAllowed `own_account`, InsufficientCredit (nothing is left), Conflict `changed` (it is
    another amount by now, as after a call).
    """
    refuse_own_account(actor, customer)
    wallet = accounts.wallet(customer_id=customer.pk, currency=conf.currency())
    left_minor = returnable_of(customer).to_cards_minor
    if left_minor <= 0:
        raise InsufficientCredit(
            _("There’s nothing to pay back to a card."), balance_minor=0, required_minor=1
        )
    if left_minor != expected_minor:
        raise Conflict(_("Your balance has changed. Please check it again."), code="changed")
    pay_backs = []
    for payment, minor in _with_money_left(customer, left_minor):
        part = min(minor, left_minor)
        if part:
            left_minor -= part
            pay_backs.append(send_part(payment, part, wallet, reason, actor))
    for row in pay_backs:
        take_back_bonus(row.payment)
    audit.record(
        actor=actor or customer.user,
        action="wallet.pay_back",
        subject=customer,
        reason=reason,
        amount_minor=expected_minor,
        payments=[str(row.payment.public_id) for row in pay_backs],
    )
    push_wallet(customer.pk)
    return pay_backs


@account_closed.listener
@transactional
def pay_back_at_closing(*, customer: Customer) -> list[PayBack]:
    """What came by card and is left goes back by itself; what came otherwise stays in the staff's queue."""
    left_minor = returnable_of(customer).to_cards_minor
    if left_minor <= 0:
        return []
    return pay_back(customer=customer, expected_minor=left_minor, reason="The account was closed.")


def send_pay_back(*, pay_back_id: int) -> None:
    """Ask the processor to give it back: once, whatever becomes of the answer; then ask what became of it."""
    pay_back = PayBack.objects.select_related("payment__merchant_account__brand").get(pk=pay_back_id)
    is_mine = PayBack.objects.filter(pk=pay_back_id, state=PayBackState.IN_TRANSIT, sent_at=None).update(
        sent_at=clock.now()
    )
    if is_mine:
        try:
            gateway_named(pay_back.payment.merchant_account.gateway).refund(pay_back)
        except Refused as refusal:
            take_refused_back(pay_back_id=pay_back_id, reason=refusal.reason)
            return
        except NoAnswer:
            pass
    check_payment(payment_id=pay_back.payment_id)


@transactional
def take_refused_back(*, pay_back_id: int, reason: str) -> None:
    """The processor gave nothing back: the money is on the wallet again. Once."""
    customer_id, currency = PayBack.objects.values_list("customer", "payment__currency").get(pk=pay_back_id)
    wallet = accounts.wallet(customer_id=customer_id, currency=currency)
    pay_back = (
        PayBack.objects.select_for_update(of=("self",))
        .select_related("payment__merchant_account__brand", "customer__user")
        .get(pk=pay_back_id)
    )
    if pay_back.state != PayBackState.IN_TRANSIT:
        return
    post(payment_postings.for_pay_back(pay_back, wallet_id=wallet.pk, is_refused=True))
    end_pay_back(pay_back, PayBackState.REFUSED)
    audit.record(actor=None, action="wallet.pay_back_refused", subject=pay_back.customer, reason=reason)
    push_wallet(customer_id)


def _with_money_left(customer: Customer, wanted_minor: int) -> list[tuple[Payment, int]]:
    """Payments whose processor can give back, newest first, with what is left of each: as many as come to `wanted_minor`."""
    in_transit = PayBack.objects.filter(payment=OuterRef("pk"), state=PayBackState.IN_TRANSIT)
    sent = in_transit.order_by().values("payment").annotate(total=Sum("amount_minor")).values("total")
    payments = (
        Payment.objects.filter(customer=customer, state=PaymentState.CAPTURED)
        .annotate(left=F("captured_minor") - F("refunded_minor") - Coalesce(Subquery(sent), Value(0)))
        .filter(left__gt=0)
        .select_related("merchant_account__brand", "customer")
        .order_by("-id")
    )
    found = list[tuple[Payment, int]]()
    for payment in payments.iterator(chunk_size=50):
        if wanted_minor <= 0:
            break
        name = payment.merchant_account.gateway
        if name in GATEWAYS and Ability.REFUND in gateway_named(name).abilities:
            found.append((payment, payment.left))
            wanted_minor -= payment.left
    return found


def send_part(
    payment: Payment,
    amount_minor: int,
    wallet: Account,
    reason: str,
    actor: AbstractBaseUser | None,
    idempotency_key: str | None = None,
) -> PayBack:
    """Take it off the wallet and have it sent, in the caller's transaction; the wallet is locked, and has it."""
    row = PayBack.objects.create(
        payment=payment,
        customer_id=payment.customer_id,
        amount_minor=amount_minor,
        reason=reason,
        requested_by_id=actor.pk if actor else None,
        idempotency_key=idempotency_key,
        created_at=clock.now(),
    )
    post(payment_postings.for_pay_back(row, wallet_id=wallet.pk))
    jobs.configure_task(SEND_PAY_BACK, queue=Queue.MONEY, allow_unknown=True).defer(pay_back_id=row.pk)
    return row
