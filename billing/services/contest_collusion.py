"""An operator contests what was recorded, once; somebody who had no part in it decides, and may restore the earnings."""

from django.contrib.auth.models import AbstractBaseUser

from billing.collusion_postings import for_taken_back
from billing.ledger import accounts
from billing.ledger.posting import post
from billing.models import CollusionFinding
from billing.states import CollusionState
from core import audit, clock
from core.contact_masking import mask_phones
from core.db import transactional
from core.errors import Conflict, Invalid, NotAllowed, NotFound
from core.parse import checked_reason
from customers.own_account import refuse_own_account
from operators.models import Operator

MAX_WORDS = 1000


@transactional
def contest_collusion(*, finding_id: int, operator: Operator, words: str) -> CollusionFinding:
    """The operator says why it is wrong. Raises Invalid, NotFound (also of somebody else's), Conflict `contested_before`."""
    words = mask_phones(words.replace("\x00", "").strip())
    if not 1 <= len(words) <= MAX_WORDS:
        raise Invalid(f"Tell us why, in at most {MAX_WORDS} characters.")
    finding = _locked(finding_id)
    if finding.operator_id != operator.pk:
        raise NotFound("Correction not found.")
    if finding.state != CollusionState.RECORDED:
        raise Conflict("You’ve already contested this.", code="contested_before")
    finding.state, finding.contest, finding.contested_at = CollusionState.CONTESTED, words, clock.now()
    finding.save(update_fields=["state", "contest", "contested_at"])
    audit.record(actor=operator.user, action="collusion.contest", subject=operator, finding=finding.pk)
    return finding


@transactional
def decide_contest(
    *, finding_id: int, is_restored: bool, reason: str, actor: AbstractBaseUser
) -> CollusionFinding:
    """Decide for or against the operator, who reads the reason; restored earnings are posted back.

    Raises Invalid, NotFound, NotAllowed `own_account`, `took_part` (who recorded it doesn't decide), Conflict `not_contested`.
    """
    reason = checked_reason(reason, "the operator reads it")
    finding = _locked(finding_id)
    refuse_own_account(actor, finding.operator)
    if actor.pk in (finding.proposed_by_id, finding.confirmed_by_id):
        raise NotAllowed("Someone who had no part in it has to decide.", code="took_part")
    if finding.state != CollusionState.CONTESTED:
        raise Conflict("This isn’t contested.", code="not_contested")
    finding.state = CollusionState.REVERSED if is_restored else CollusionState.UPHELD
    finding.decision, finding.decided_by_id, finding.decided_at = reason, actor.pk, clock.now()
    finding.save(update_fields=["state", "decision", "decided_by", "decided_at"])
    if is_restored:
        currency = finding.payment.currency
        payable_id = accounts.payable_id(operator_id=finding.operator_id, currency=currency)
        post(for_taken_back(finding, payable_id=payable_id, is_restored=True))
    audit.record(
        actor=actor, action="collusion.decide", subject=finding.operator, reason=reason, finding=finding.pk,
        state=str(finding.state),
    )  # fmt: skip
    return finding


def _locked(finding_id: int) -> CollusionFinding:
    rows = CollusionFinding.objects.select_for_update(of=("self",))
    row = rows.select_related("operator__user", "payment__merchant_account").filter(pk=finding_id).first()
    if row is None:
        raise NotFound("Correction not found.")
    return row
