"""End the freeze of an account after a dispute that is lost: what it left below zero is borne by the platform."""

from django.contrib.auth.models import AbstractBaseUser

from billing import payment_postings
from billing.ledger import accounts
from billing.ledger.posting import post
from billing.models import Payment
from billing.push import push_wallet
from billing.services.freeze import refreeze
from billing.states import PaymentProblem, PaymentState
from core import audit, clock
from core.db import transactional
from core.errors import Conflict, NotFound
from core.parse import checked_reason
from customers.own_account import refuse_own_account


@transactional
def settle_dispute(*, payment_id: int, reason: str, actor: AbstractBaseUser) -> Payment:
    """Write off what is below zero on the wallet, at most what is in dispute; the account can be used again.

    If the dispute is won after all, the platform has it back. Raises Invalid, NotFound, NotAllowed `own_account`, Conflict `not_disputed`.
    """
    reason = checked_reason(reason, "it is kept with the dispute")
    payment = _locked(payment_id)
    refuse_own_account(actor, payment.customer)
    wallet = accounts.wallet(customer_id=payment.customer_id, currency=payment.currency)
    if payment.state != PaymentState.DISPUTED or payment.dispute_closed_at is not None:
        raise Conflict("This payment isn't in dispute.", code="not_disputed")
    payment.dispute_closed_at, payment.handled_by_id = clock.now(), actor.pk
    payment.written_off_minor = max(0, min(-wallet.balance_minor, payment.totals.disputed_minor))
    if payment.written_off_minor:
        post(
            payment_postings.for_written_off(
                payment, payment.written_off_minor, wallet_id=wallet.pk, actor_id=actor.pk, reason=reason
            )
        )
    payment.save(update_fields=["dispute_closed_at", "handled_by", "written_off_minor"])
    refreeze(wallet)
    _record(payment, "payment.settle_dispute", actor, reason, amount_minor=payment.written_off_minor)
    push_wallet(payment.customer_id)
    return payment


@transactional
def handle_problem(*, payment_id: int, reason: str, actor: AbstractBaseUser) -> Payment:
    """Take a payment off the queue of problems: staff have done at the processor what was to be done.

    Raises Invalid, NotFound, NotAllowed `own_account`, Conflict `already_handled`.
    """
    reason = checked_reason(reason, "it is kept with the payment")
    payment = _locked(payment_id)
    refuse_own_account(actor, payment.customer)
    if payment.problem == PaymentProblem.NONE or payment.problem_handled_at is not None:
        raise Conflict("Someone has already handled this.", code="already_handled")
    payment.problem_handled_at, payment.handled_by_id = clock.now(), actor.pk
    payment.save(update_fields=["problem_handled_at", "handled_by"])
    _record(payment, "payment.handle_problem", actor, reason, problem=payment.problem)
    return payment


def _locked(payment_id: int) -> Payment:
    """The wallet is locked before the payment, as everywhere."""
    found = Payment.objects.filter(pk=payment_id).values_list("customer", "currency").first()
    if found is None:
        raise NotFound("Payment not found.")
    accounts.wallet(customer_id=found[0], currency=found[1])
    return (
        Payment.objects.select_for_update(of=("self",))
        .select_related("merchant_account__brand", "customer__user")
        .get(pk=payment_id)
    )


def _record(payment: Payment, action: str, actor: AbstractBaseUser, reason: str, **details: object) -> None:
    audit.record(
        actor=actor, action=action, subject=payment.customer, reason=reason, payment=str(payment.public_id),
        **details,
    )  # fmt: skip
