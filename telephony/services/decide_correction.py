"""A person decides about a call whose charge differs from Asterisk's record."""

from datetime import timedelta

from django.contrib.auth.models import AbstractBaseUser

from billing.services.refund import refund_reference
from billing.staff_limits import Approval
from core import audit, clock
from core.db import transactional
from core.errors import Conflict, NotFound
from core.parse import checked_reason
from customers.own_account import refuse_own_account
from telephony.adapter.cel import RecordedTalk
from telephony.models import Correction
from telephony.services.reconcile import Difference, Finding, repair
from telephony.states import CorrectionState, Leg


@transactional
def approve_correction(
    *, correction_id: int, reason: str, actor: AbstractBaseUser, approval: Approval | None = None
) -> Correction:
    """Charge the call by the record; one that was never joined by it is refunded in full. Raises Invalid, NotFound, NotAllowed `own_account`, ApprovalNeeded, Conflict `already_handled` and `adjusted_before`."""
    reason = checked_reason(reason)
    correction = _waiting(correction_id, actor)
    if not correction.recorded_ms:
        given = refund_reference(
            reference=correction.call.call_id,
            reason=reason,
            actor=actor,
            idempotency_key=f"correction:{correction.pk}",
            approval=approval,
        )
        done = f"refunded {given.amount_minor} cents"
        return _close(correction, CorrectionState.APPROVED, reason, actor, done=done)
    talk = RecordedTalk(
        correction.joined_at.timestamp(),
        (correction.joined_at + timedelta(milliseconds=correction.recorded_ms)).timestamp(),
        Leg(correction.left_first) if correction.left_first else None,
    )
    finding = Finding(
        correction.call.call_id, Difference.CHARGED_OTHERWISE, correction.recorded_ms, correction.booked_ms
    )
    done = repair(finding, talk)
    return _close(correction, CorrectionState.APPROVED, reason, actor, done=done)


@transactional
def decline_correction(*, correction_id: int, reason: str, actor: AbstractBaseUser) -> Correction:
    """Leave the charge as it is, for good. Raises Invalid, NotFound, NotAllowed `own_account`, Conflict `already_handled`."""
    reason = checked_reason(reason)
    return _close(_waiting(correction_id, actor), CorrectionState.DECLINED, reason, actor, done="")


def _waiting(correction_id: int, actor: AbstractBaseUser) -> Correction:
    correction = (
        Correction.objects.select_for_update(of=("self",))
        .select_related("call__customer", "call__operator")
        .filter(pk=correction_id)
        .first()
    )
    if correction is None:
        raise NotFound("Correction not found.")
    if correction.state != CorrectionState.WAITING:
        raise Conflict("Someone has already decided this.", code="already_handled")
    refuse_own_account(actor, correction.call.customer, correction.call.operator)
    return correction


def _close(
    correction: Correction, state: CorrectionState, reason: str, actor: AbstractBaseUser, *, done: str
) -> Correction:
    correction.state, correction.handled_at, correction.handled_by_id = state, clock.now(), actor.pk
    correction.reason = reason
    correction.save(update_fields=["state", "handled_at", "handled_by", "reason"])
    action = "correction.approve" if state is CorrectionState.APPROVED else "correction.decline"
    audit.record(
        actor=actor,
        action=action,
        subject=correction.call,
        reason=reason,
        change_minor=correction.change_minor,
        done=done,
    )
    return correction
