"""Staff answer a case, and somebody else decides its appeal. Each answer is a letter."""

from datetime import datetime

from django.contrib.auth.models import AbstractBaseUser

from billing.case_rules import APPEAL_WITHIN, MAX_WORDS
from billing.domain_events import case_answered
from billing.models import Case
from billing.states import CaseOutcome, CaseState
from core import audit, clock
from core.contact_masking import mask_phones
from core.db import transactional
from core.errors import Conflict, Invalid, NotAllowed, NotFound
from core.parse import checked_reason
from customers.models import User
from customers.own_account import OwnAccount, refuse_own_account
from operators.selectors import logins_of_person

BATCH = 500


@transactional
def answer_case(*, case_id: int, text: str, outcome: str, reason: str, actor: AbstractBaseUser) -> Case:
    """Write to the person; they may appeal. `reason` is kept on record, for staff.

    Raises Invalid, NotFound, NotAllowed `own_account`, Conflict `already_answered`.
    """
    case, reason = _locked(case_id, actor), checked_reason(reason)
    if case.state != CaseState.OPEN:
        raise Conflict("Someone has already answered this case.", code="already_answered")
    case.outcome, case.answer = _checked_outcome(outcome), _checked_answer(text)
    case.state, case.answered_at, case.handled_by_id = CaseState.ANSWERED, clock.now(), actor.pk
    case.save(update_fields=["outcome", "answer", "state", "answered_at", "handled_by"])
    _record(case, "case.answer", actor, reason)
    case_answered.tell(case=case, text=case.answer)
    return case


@transactional
def decide_appeal(*, case_id: int, text: str, outcome: str, reason: str, actor: AbstractBaseUser) -> Case:
    """Answer an appeal, which closes the case. Whoever answered first may not.

    Raises as `answer_case`, NotAllowed `appeal_needs_another`, Conflict `not_appealed`.
    """
    case, reason = _locked(case_id, actor), checked_reason(reason)
    if case.state != CaseState.APPEALED:
        raise Conflict("This case hasn’t been appealed.", code="not_appealed")
    if case.handled_by_id in logins_of_person(actor.pk):
        raise NotAllowed(
            "You answered this case. Someone else decides the appeal.", code="appeal_needs_another"
        )
    case.outcome, case.decision = _checked_outcome(outcome), _checked_answer(text)
    case.state, case.decided_at, case.decided_by_id = CaseState.CLOSED, clock.now(), actor.pk
    case.closed_at = case.decided_at
    case.save(update_fields=["outcome", "decision", "state", "decided_at", "decided_by", "closed_at"])
    _record(case, "case.decide", actor, reason)
    case_answered.tell(case=case, text=case.decision)
    return case


@transactional
def close_unappealed(*, at: datetime) -> int:
    """Close up to `BATCH` cases whose answer can't be appealed any more; how many."""
    late = Case.objects.filter(state=CaseState.ANSWERED, answered_at__lte=at - APPEAL_WITHIN)
    ids = list(late.select_for_update().order_by("answered_at").values_list("pk", flat=True)[:BATCH])
    return Case.objects.filter(pk__in=ids).update(state=CaseState.CLOSED, closed_at=at)


def _locked(case_id: int, actor: AbstractBaseUser) -> Case:
    rows = Case.objects.select_for_update(of=("self",)).select_related(
        "customer__user", "operator__user", "brand"
    )
    case = rows.filter(pk=case_id).first()
    if case is None:
        raise NotFound("Case not found.")
    refuse_own_account(actor, case.customer, case.operator)
    if case.email and User.objects.filter(pk=actor.pk, email__iexact=case.email).exists():
        raise OwnAccount("This is your own complaint. Ask a colleague.")
    return case


def _checked_outcome(outcome: str) -> CaseOutcome:
    if outcome not in CaseOutcome.values or not outcome:
        raise Invalid("Choose an outcome.")
    return CaseOutcome(outcome)


def _checked_answer(text: str) -> str:
    stated = mask_phones(text.replace("\x00", "").strip())
    if not 1 <= len(stated) <= MAX_WORDS:
        raise Invalid(f"Enter an answer of at most {MAX_WORDS:,} characters: the person reads it.")
    return stated


def _record(case: Case, action: str, actor: AbstractBaseUser, reason: str) -> None:
    audit.record(
        actor=actor, action=action, subject=case, reason=reason, outcome=str(case.outcome),
        customer=case.customer_id,
    )  # fmt: skip
