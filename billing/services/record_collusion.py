"""The platform bears a dispute about talk that took place, unless two members of staff record that the operator colluded.

The first proposes it (a request for approval), another one confirms; then the earnings of that talk are taken back.
"""

from dataclasses import dataclass

from django.contrib.auth.models import AbstractBaseUser

from billing.collusion import taken_from
from billing.collusion_postings import for_taken_back
from billing.earnings import earned_from
from billing.ledger import accounts
from billing.ledger.models import Transaction
from billing.ledger.posting import post
from billing.ledger.states import SALES
from billing.models import CollusionFinding, Payment
from billing.staff_limits import Approval, ApprovalNeeded, Gift
from core import audit, clock
from core.db import transactional
from core.errors import Conflict, NotFound
from core.parse import checked_reason
from customers.own_account import refuse_own_account
from operators.models import Operator


@dataclass(frozen=True, slots=True)
class Talk:
    """What would be taken back, minor units, and of which calls, texts, and tips."""

    amount_minor: int
    references: list[str]


def operators_of(payment: Payment) -> list[Operator]:
    """Who earned from the customer since the payment, by name."""
    rows = Transaction.objects.filter(
        customer=payment.customer_id, kind__in=SALES, created_at__gte=payment.captured_at
    )
    return list(Operator.objects.filter(pk__in=rows.values("operator")).order_by("stage_name"))


def talk_of(payment: Payment, operator: Operator) -> Talk:
    """What the operator has from the customer since the payment, up to what of it is in dispute, the oldest first.

    What was taken back for another payment that was in dispute isn't theirs anymore.
    """
    rows = Transaction.objects.filter(customer=payment.customer_id, operator=operator, kind__in=SALES)
    rows = rows.filter(created_at__gte=payment.captured_at)
    references = list(dict.fromkeys(rows.order_by("id").values_list("reference", flat=True)))
    earned = {
        one.reference: one.amount_minor for one in earned_from(operator.pk, payment.customer_id, references)
    }
    before = taken_from(operator.pk, payment.customer_id)
    left_minor, total_minor, taken = payment.totals.disputed_minor, 0, list[str]()
    for reference in references:
        minor = min(earned.get(reference, 0) - before[reference], left_minor)
        if minor > 0:
            taken.append(reference)
            total_minor, left_minor = total_minor + minor, left_minor - minor
    return Talk(total_minor, taken)


@transactional
def record_collusion(
    *,
    payment_id: int,
    operator: Operator,
    reason: str,
    actor: AbstractBaseUser,
    idempotency_key: str,
    approval: Approval | None = None,
) -> CollusionFinding:
    """Take back what the operator earned from the talk that a disputed payment paid for. Never by one person alone.

    `reason` is what the operator reads. An approval that names nobody is a preview: nothing is written then. Raises Invalid, NotFound,
    NotAllowed `own_account`, Conflict `recorded_before`, `not_disputed`, `nothing_earned`, and ApprovalNeeded without a second person.
    """
    reason = checked_reason(reason, "the operator reads it")
    payment = _locked(payment_id)
    refuse_own_account(actor, operator)
    refuse_own_account(actor, payment.customer)
    if CollusionFinding.objects.filter(payment=payment, operator=operator).exists():
        raise Conflict("This was recorded before.", code="recorded_before")
    if payment.totals.disputed_minor <= 0:
        raise Conflict("This payment isn't in dispute.", code="not_disputed")
    talk = talk_of(payment, operator)
    if not talk.amount_minor:
        raise Conflict("This operator earned nothing from this payment.", code="nothing_earned")
    gift = Gift(talk.amount_minor, operator=operator, is_owed=True)
    if approval is None or approval.gift != gift:
        raise ApprovalNeeded("Two people have to confirm it.", gift)
    finding = CollusionFinding(
        payment=payment, operator=operator, amount_minor=talk.amount_minor, references=talk.references,
        reason=reason, proposed_by_id=actor.pk, recorded_at=clock.now(),
    )  # fmt: skip
    if approval.approved_by_id is None:
        return finding
    finding.confirmed_by_id = approval.approved_by_id
    finding.save(force_insert=True)
    payable_id = accounts.payable_id(operator_id=operator.pk, currency=payment.currency)
    post(for_taken_back(finding, payable_id=payable_id))
    audit.record(
        actor=actor, action="collusion.record", subject=operator, reason=reason, finding=finding.pk,
        amount_minor=finding.amount_minor, confirmed_by=approval.approved_by_id,
    )  # fmt: skip
    return finding


def _locked(payment_id: int) -> Payment:
    """The wallet is locked before the payment, as everywhere: of findings and refunds about one customer the second knows the first."""
    whose = Payment.objects.filter(pk=payment_id).values_list("customer", "currency").first()
    if whose is None:
        raise NotFound("Payment not found.")
    accounts.wallet(customer_id=whose[0], currency=whose[1])
    payments = Payment.objects.select_for_update(of=("self",)).select_related("merchant_account", "customer")
    return payments.get(pk=payment_id)
