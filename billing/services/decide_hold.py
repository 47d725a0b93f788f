"""Staff decide about held earnings, once: the operator keeps them, or the customer gets the money back."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.contrib.auth.models import AbstractBaseUser

from billing import postings
from billing.domain_events import earnings_decided
from billing.earnings import earned_from
from billing.ledger import accounts
from billing.ledger.models import Transaction
from billing.ledger.posting import post
from billing.ledger.states import TransactionKind
from billing.models import EarningsHold
from billing.services.hold_earnings import lock_holds_of
from billing.services.refund import refund_references
from billing.staff_limits import Approval
from billing.states import HoldState
from core import audit, clock
from core.db import transactional
from core.errors import Conflict, NotFound
from core.parse import checked_reason
from customers.own_account import OwnAccount
from operators.selectors import logins_of_person


@dataclass(frozen=True, slots=True)
class Withdrawn:
    """What came of giving held earnings back, minor units: to the customer; off the operator, of it and of pay for free minutes."""

    hold: EarningsHold
    refunded_minor: int
    operator_minor: int
    promo_minor: int


@transactional
def release_earnings(*, hold_id: int, reason: str, actor: AbstractBaseUser) -> EarningsHold:
    """The operator keeps what was held. For some time the same reason holds nothing more between the two.

    Raises Invalid (no reason), NotFound, NotAllowed `own_account`, Conflict `already_decided`.
    """
    hold = _locked(hold_id, actor)
    earned = earned_from(hold.operator_id, hold.customer_id, _references(hold))
    return _close(
        hold, HoldState.RELEASED, reason, actor, amount_minor=sum(one.amount_minor for one in earned)
    )


@transactional
def withdraw_earnings(
    *,
    hold_id: int,
    reason: str,
    actor: AbstractBaseUser,
    idempotency_key: str,
    approval: Approval | None = None,
) -> Withdrawn:
    """Refund all that is left of the calls and texts, with the operator's share; pay for free minutes goes back to the platform.

    Raises as `release_earnings`, and ApprovalNeeded: all of it together counts against the limits of `actor`.
    """
    hold = _locked(hold_id, actor)
    references = _references(hold)
    refund = refund_references(
        references=references, reason=reason, actor=actor, idempotency_key=idempotency_key, approval=approval
    )
    promo_minor = _take_back_promo_pay(hold, references, reason, actor, idempotency_key)
    operator_minor = refund.operator_minor if refund else 0
    _close(hold, HoldState.WITHDRAWN, reason, actor, amount_minor=operator_minor + promo_minor)
    return Withdrawn(hold, refund.amount_minor if refund else 0, operator_minor, promo_minor)


def _locked(hold_id: int, actor: AbstractBaseUser) -> EarningsHold:
    hold = EarningsHold.objects.select_related("operator", "customer").filter(pk=hold_id).first()
    if hold is None:
        raise NotFound("Hold not found.")
    if logins_of_person(actor.pk) & {hold.operator.user_id, hold.customer.user_id}:
        raise OwnAccount("This is your own account. Ask a colleague.")
    lock_holds_of(hold.operator_id)
    hold = (
        EarningsHold.objects.select_for_update(of=("self",))
        .select_related("operator", "customer")
        .get(pk=hold.pk)
    )
    if hold.state != HoldState.OPEN:
        raise Conflict("This was already decided.", code="already_decided")
    return hold


def _references(hold: EarningsHold) -> list[str]:
    return list(hold.earnings.order_by("id").values_list("reference", flat=True))


def _take_back_promo_pay(
    hold: EarningsHold, references: Sequence[str], reason: str, actor: AbstractBaseUser, key: str
) -> int:
    pays = list(
        Transaction.objects.filter(
            operator=hold.operator_id,
            reference__in=references,
            kind=TransactionKind.PROMO,
            reversals__isnull=True,
        ).order_by("id")
    )
    if not pays:
        return 0
    payable_id = accounts.payable_id(operator_id=hold.operator_id, currency=pays[0].currency)
    post(
        *(
            postings.for_promo_taken_back(
                pay,
                key=f"promo-back:{key}:{pay.pk}",
                payable_id=payable_id,
                actor_id=actor.pk,
                reason=reason,
            )
            for pay in pays
        )
    )
    return sum(pay.operator_minor for pay in pays)


def _close(
    hold: EarningsHold, state: HoldState, reason: str, actor: AbstractBaseUser, *, amount_minor: int
) -> EarningsHold:
    hold.state, hold.reason = state, checked_reason(reason)
    hold.decided_at, hold.decided_by_id = clock.now(), actor.pk
    hold.save(update_fields=["state", "reason", "decided_at", "decided_by"])
    audit.record(
        actor=actor, action=f"earnings.{state}", subject=hold.operator, reason=hold.reason, hold=hold.pk,
        amount_minor=amount_minor,
    )  # fmt: skip
    earnings_decided.tell(hold=hold, amount_minor=amount_minor)
    return hold
