"""Staff send back what is unused of one payment, or a part of it: to its card, or as it came outside of the product."""

from collections.abc import Sequence
from typing import Any

from django.contrib.auth.models import AbstractBaseUser
from django.db.models import Q

from billing import staff_entries, staff_limits
from billing.domain_events import balance_returned
from billing.gateways import GATEWAYS, gateway_named
from billing.gateways.base import Ability
from billing.ledger import accounts
from billing.ledger.models import Account, Transaction
from billing.ledger.posting import Posted
from billing.ledger.states import AccountKind, Funds, TransactionKind
from billing.models import PayBack, Payment
from billing.push import push_wallet
from billing.services.pay_back import send_part
from billing.staff_limits import Approval, Gift
from billing.states import PayBackState, PaymentState
from core import audit
from core.db import transactional
from core.errors import Conflict, InsufficientCredit, Invalid, NotFound
from core.parse import checked_reason
from customers.own_account import refuse_own_account


def unused_of(payment: Payment, wallet: Account | None) -> int:
    """What could be sent back to the card of this payment now, minor units: of the payment, and of paid money on the wallet."""
    name = payment.merchant_account.gateway
    can_refund = name in GATEWAYS and Ability.REFUND in gateway_named(name).abilities
    if payment.state != PaymentState.CAPTURED or not can_refund or wallet is None or wallet.overdraft_minor:
        return 0
    sent = [row.amount_minor for row in payment.pay_backs.all() if row.state == PayBackState.IN_TRANSIT]
    left_minor = payment.captured_minor - payment.refunded_minor - sum(sent)
    return max(0, min(left_minor, wallet.refundable_minor))


@transactional
def pay_back_part(
    *,
    payment_id: int,
    amount_minor: int,
    reason: str,
    actor: AbstractBaseUser,
    idempotency_key: str,
    approval: Approval | None = None,
) -> PayBack:
    """Send `amount_minor` of what is unused of a payment back to its card; if the card company refuses, it is on the wallet again.

    Once for each `idempotency_key`. Raises Invalid, NotFound, NotAllowed `own_account`, InsufficientCredit (less of it is unused),
    ApprovalNeeded, Conflict (the key was used for something else). The customer gets a letter when it has arrived, or was refused.
    """
    reason = checked_reason(reason, "it is kept with the payment")
    if amount_minor <= 0:
        raise Invalid("The amount must be more than zero.")
    payment = (
        Payment.objects.select_related("merchant_account__brand", "customer__user")
        .filter(pk=payment_id)
        .first()
    )
    if payment is None:
        raise NotFound("Payment not found.")
    refuse_own_account(actor, payment.customer)
    wallet = accounts.wallet(customer_id=payment.customer_id, currency=payment.currency)
    before = PayBack.objects.filter(idempotency_key=idempotency_key).first()
    if before is not None:
        if (before.payment_id, before.amount_minor) != (payment_id, amount_minor):
            raise Conflict("This key was used before for something else.", code="idempotency_conflict")
        return before
    payment.refresh_from_db()  # with the wallet locked
    if (unused_minor := unused_of(payment, wallet)) < amount_minor:
        raise InsufficientCredit(
            "Less than that is left of this payment.", balance_minor=unused_minor, required_minor=amount_minor
        )
    gift = Gift(amount_minor, customer=payment.customer, is_owed=True)
    details = staff_limits.check(actor, gift, approval)
    row = send_part(payment, amount_minor, wallet, reason, actor, idempotency_key)
    audit.record(
        actor=actor, action="payment.pay_back", subject=payment.customer, reason=reason,
        amount_minor=amount_minor, payment=str(payment.public_id), **details,
    )  # fmt: skip
    push_wallet(payment.customer_id)
    return row


def returnable_of_all(top_ups: Sequence[Transaction]) -> dict[int, int]:
    """`returnable_of_received` of several of one customer, by their ids: one statement, none without any."""
    left = {top_up.pk: top_up.amount_minor for top_up in top_ups}
    if not left:
        return left
    any_of = Q()
    for top_up in top_ups:
        any_of |= Q(idempotency_key__startswith=_prefix(top_up))
    given = Transaction.objects.filter(
        any_of, customer=top_ups[0].customer_id, kind=TransactionKind.ADJUSTMENT
    )
    for key, amount_minor in given.values_list("idempotency_key", "amount_minor"):
        left[int(key.split(":")[1])] -= amount_minor
    return left


def returnable_of_received(top_up: Transaction) -> int:
    """What of money received outside was not sent back yet, minor units; the wallet may have less."""
    return returnable_of_all([top_up])[top_up.pk]


@transactional
def return_received(
    *,
    transaction_id: int,
    amount_minor: int,
    reason: str,
    actor: AbstractBaseUser,
    idempotency_key: str,
    approval: Approval | None = None,
) -> Posted:
    """Book that `amount_minor` of money received outside was sent back there; `reason` says how, and the customer reads it.

    Once for each `idempotency_key`. Raises as `pay_back_part`.
    """
    if amount_minor <= 0:
        raise Invalid("The amount must be more than zero.")
    received = Transaction.objects.filter(
        kind=TransactionKind.TOP_UP, entries__account__kind=AccountKind.RECEIVED
    )
    top_up = received.select_related("customer__user").filter(pk=transaction_id).first()
    if top_up is None or top_up.customer is None:
        raise NotFound("Payment not found.")
    customer = top_up.customer

    def may_go(wallet: Account) -> dict[str, Any]:
        most_minor = (
            0 if wallet.overdraft_minor else min(returnable_of_received(top_up), wallet.refundable_minor)
        )
        if most_minor < amount_minor:
            raise InsufficientCredit(
                "Less than that is left of this payment.",
                balance_minor=most_minor,
                required_minor=amount_minor,
            )
        return staff_limits.check(actor, Gift(amount_minor, customer=customer, is_owed=True), approval)

    posted = staff_entries.post_staff_entry(
        action="wallet.return",
        customer=customer,
        amount_minor=-amount_minor,
        kind=TransactionKind.ADJUSTMENT,
        source=AccountKind.RECEIVED,
        description="Payment returned",
        reason=reason,
        actor=actor,
        idempotency_key=f"{_prefix(top_up)}{idempotency_key}"[:200],
        check=may_go,
        funds=Funds.PAID,
    )
    if posted.is_new:
        balance_returned.tell(
            customer=customer, amount_minor=amount_minor, how=reason, transaction_id=posted.transaction_id
        )
    return posted


def _prefix(top_up: Transaction) -> str:
    return f"received-back:{top_up.pk}:"
