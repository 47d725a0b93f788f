"""A second person decides what somebody may not give alone; or time does, where there is one administrator or nobody decided."""

from datetime import datetime

from django.contrib.auth.models import AbstractBaseUser

from billing.deeds import approval_of, deed_named, may_do
from billing.domain_events import approval_decided
from billing.models import ApprovalRequest
from billing.states import ApprovalState
from core import audit, clock
from core.db import transactional
from core.errors import Conflict, DomainError, NotAllowed, NotFound
from core.parse import checked_reason
from customers.own_account import OwnAccount
from operators.selectors import logins_of_person

_BATCH = 100


@transactional
def approve(*, request_id: int, reason: str, actor: AbstractBaseUser) -> ApprovalRequest:
    """Do what was asked for, once, as if it were asked now: balance, state, rights, and own-account rules are checked again.

    `actor` is another person than who asked and than who gains, with the right for the deed. Raises Invalid (no reason),
    NotFound, NotAllowed, `own_request`, `own_account`, Conflict `already_decided`, `expired`, `requester_left`, and what
    the deed raises: then the request stays as it was.
    """
    reason = checked_reason(reason)
    request = _locked(request_id)
    refuse_decider(request, actor)
    return _do(request, reason, actor)


@transactional
def decline(*, request_id: int, reason: str, actor: AbstractBaseUser) -> ApprovalRequest:
    """Say no, for good. Raises as `approve`, but for what the deed raises."""
    reason = checked_reason(reason)
    request = _locked(request_id)
    refuse_decider(request, actor)
    return _close(request, ApprovalState.DECLINED, reason, actor)


@transactional
def withdraw(*, request_id: int, reason: str, actor: AbstractBaseUser) -> ApprovalRequest:
    """Who asked needs it no more. Raises Invalid (no reason), NotFound, NotAllowed, Conflict `already_decided`, `expired`."""
    reason = checked_reason(reason)
    request = _locked(request_id)
    if request.requested_by_id != actor.pk:
        raise NotAllowed("Only the person who asked can withdraw a request.")
    return _close(request, ApprovalState.WITHDRAWN, reason, actor)


def decide_by_time(*, at: datetime) -> int:
    """Expire what nobody decided in time, and do what was only delayed; how many. Run every few minutes."""
    waiting = ApprovalRequest.objects.filter(state=ApprovalState.WAITING)
    ready = waiting.filter(expires_at__lte=at) | waiting.filter(due_at__lte=at)
    return sum(_decide_one(request_id) for request_id in ready.values_list("pk", flat=True)[:_BATCH])


def _decide_one(request_id: int) -> bool:
    try:
        return _by_time(request_id)
    except DomainError as refused:
        return _refused(request_id, refused.message)


@transactional
def _by_time(request_id: int) -> bool:
    request = _locked_if_waiting(request_id)
    if request is None:
        return False
    if request.expires_at <= clock.now():
        _close(request, ApprovalState.EXPIRED, "", None)
    else:
        _do(request, "Nobody declined it within 24 hours.", None)
    return True


@transactional
def _refused(request_id: int, message: str) -> bool:
    """What can't be done any more when its delay is over is not tried for ever."""
    request = _locked_if_waiting(request_id)
    if request is None:
        return False
    _close(request, ApprovalState.DECLINED, f"It couldn't be done: {message}"[:300], None)
    return True


def _locked_if_waiting(request_id: int) -> ApprovalRequest | None:
    rows = ApprovalRequest.objects.select_for_update(of=("self",), skip_locked=True)
    return rows.filter(pk=request_id, state=ApprovalState.WAITING).first()


def _locked(request_id: int) -> ApprovalRequest:
    request = ApprovalRequest.objects.select_for_update(of=("self",)).filter(pk=request_id).first()
    if request is None:
        raise NotFound("Request not found.")
    if request.state != ApprovalState.WAITING:
        raise Conflict("This request was already decided.", code="already_decided")
    if request.expires_at <= clock.now():  # read with the lock held
        raise Conflict("This request has expired. It can be submitted again.", code="expired")
    return request


def refuse_decider(request: ApprovalRequest, actor: AbstractBaseUser) -> None:
    """Raises NotAllowed `own_request`, `own_account`, or as it is for who asked, who gains by it (under whatever login), and who may not do the deed."""
    if actor.pk == request.requested_by_id:
        raise NotAllowed("Someone else has to decide your request.", code="own_request")
    decider = logins_of_person(actor.pk)
    if decider & set(approval_of(request).gift.logins):
        raise OwnAccount("This is your own account. Ask a colleague.")
    if not may_do(actor.pk, deed_named(request.deed)):
        raise NotAllowed("You don’t have permission to decide this.")


def _do(request: ApprovalRequest, reason: str, actor: AbstractBaseUser | None) -> ApprovalRequest:
    deed, requester = deed_named(request.deed), request.requested_by
    if not may_do(requester.pk, deed):
        raise Conflict(
            "The person who asked for this no longer has permission to do it. Decline it.",
            code="requester_left",
        )
    deed.run(
        **request.arguments,
        reason=request.reason,
        actor=requester,
        idempotency_key=request.idempotency_key,
        approval=approval_of(request, actor.pk if actor else None),
    )
    return _close(request, ApprovalState.APPROVED, reason, actor)


def _close(
    request: ApprovalRequest, state: ApprovalState, reason: str, actor: AbstractBaseUser | None
) -> ApprovalRequest:
    request.state, request.decided_at, request.decision_reason = state, clock.now(), reason
    request.decided_by_id = actor.pk if actor else None
    request.save(update_fields=["state", "decided_at", "decided_by", "decision_reason"])
    audit.record(actor=actor, action=f"approval.{state}", subject=request, reason=reason, deed=request.deed)
    approval_decided.tell(request=request)
    return request
