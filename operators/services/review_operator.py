"""Staff let an operator work, or no longer. On record, with the reason."""

from django.contrib.auth.models import AbstractBaseUser

from core import audit, clock
from core.db import transactional
from core.errors import Conflict, NotFound
from core.parse import checked_reason
from customers.own_account import refuse_own_account
from operators.domain_events import operator_reviewed, operator_working_changed
from operators.models import Application, Operator
from operators.services.presence import announce_presence
from operators.standing import FOR_STAFF, application_obstacle
from operators.states import ApprovalStatus, Presence


@transactional
def approve_operator(*, operator_id: int, actor: AbstractBaseUser | None, reason: str) -> None:
    """Let them work: whoever approves says that the identity was checked, and how. They get a letter, without that.

    Raises Invalid, NotFound, NotAllowed `own_account`, Conflict.
    """
    reason = checked_reason(reason)
    operator = _locked(operator_id, ApprovalStatus.APPROVED)
    refuse_own_account(actor, operator)
    if operator.approval_status == ApprovalStatus.CLOSED:
        raise Conflict("They closed their account and asked to have their data deleted. Undo that first.")
    application = Application.objects.filter(operator=operator).select_related("user").first()
    if application and (obstacle := application_obstacle(application, clock.now(), accepted=True)):
        raise Conflict(FOR_STAFF[obstacle], code=obstacle)
    operator.approval_status = ApprovalStatus.APPROVED
    operator.identified_at = operator.identified_at or clock.now()
    _record_decision(operator, "operator.approve", actor, reason)


@transactional
def suspend_operator(*, operator_id: int, actor: AbstractBaseUser | None, reason: str) -> None:
    """Offline for everyone from now on; a running call gets no further grant. They get a letter with the reason.

    Raises Invalid, NotFound, Conflict.
    """
    reason = checked_reason(reason, "the operator reads it")
    operator = _locked(operator_id, ApprovalStatus.SUSPENDED)
    operator.approval_status = ApprovalStatus.SUSPENDED
    if operator.presence != Presence.OFFLINE:
        operator.presence, operator.presence_since = Presence.OFFLINE, clock.now()
    _record_decision(operator, "operator.suspend", actor, reason)


def _locked(operator_id: int, status: ApprovalStatus) -> Operator:
    operator = (
        Operator.objects.select_for_update(of=("self",)).select_related("user").filter(pk=operator_id).first()
    )
    if operator is None:
        raise NotFound("Operator not found.")
    if operator.approval_status == status:
        raise Conflict(f"{operator.stage_name} is already {status.label}.")
    return operator


def _record_decision(operator: Operator, action: str, actor: AbstractBaseUser | None, reason: str) -> None:
    operator.save(update_fields=["approval_status", "identified_at", "presence", "presence_since"])
    audit.record(actor=actor, action=action, subject=operator, reason=reason)
    operator_reviewed.tell(operator=operator, decision=operator.approval_status, reason=reason)
    announce_presence(operator)
    operator_working_changed.after_commit(operator_id=operator.pk)
