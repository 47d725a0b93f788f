"""Letters about requests for a second person's approval: to those who may decide, to the owner, and to both afterwards."""

from typing import Any

from django.conf import settings

from billing.approval_words import what_is_given, whom_it_is_for
from billing.deeds import approval_of, deed_named
from billing.domain_events import approval_decided, approval_requested
from billing.models import ApprovalRequest
from billing.states import ApprovalState
from customers.models import User
from notices.letters import time_of
from notices.pages import STAFF_APPROVALS
from notices.services.enqueue import enqueue
from notices.states import NoticeKind

MOST_TOLD = 20


@approval_requested.listener
def _requested(*, request: ApprovalRequest) -> None:
    """Whoever may decide it, and where a delay stands in for a second person, the owner."""
    for colleague in _who_may_decide(request):
        enqueue(
            NoticeKind.APPROVAL_REQUESTED, recipient=colleague, key=f"approval:{request.pk}:{colleague.pk}",
            until=time_of(request.expires_at, colleague), **_facts(request),
        )  # fmt: skip
    if request.due_at is not None:
        enqueue(
            NoticeKind.APPROVAL_DELAYED, key=f"approval-delayed:{request.pk}",
            due=time_of(request.due_at, request.requested_by), **_facts(request),
        )  # fmt: skip


@approval_decided.listener
def _decided(*, request: ApprovalRequest) -> None:
    """Both who asked and who decided: a decision made in somebody's name without them is noticed."""
    state = ApprovalState(request.state)
    decider = request.decided_by
    people = [request.requested_by] if decider is None else [request.requested_by, decider]
    by = decider.email if decider else ""
    for person in {person.pk: person for person in people}.values():
        enqueue(
            NoticeKind.APPROVAL_DECIDED, recipient=person, key=f"approval-decided:{request.pk}:{person.pk}",
            decision=state.label, by=by, why=request.decision_reason, **_facts(request),
        )  # fmt: skip


def _facts(request: ApprovalRequest) -> dict[str, Any]:
    return {
        "what": what_is_given(request),
        "whom": whom_it_is_for(request),
        "asked_by": request.requested_by.email,
        "reason": request.reason,
        "url": STAFF_APPROVALS.url(host=settings.ADMIN_HOSTS[0]),
    }


def _who_may_decide(request: ApprovalRequest) -> list[User]:
    permissions = deed_named(request.deed).permissions
    apart = {request.requested_by_id, *approval_of(request).gift.logins}
    staff = User.objects.filter(is_staff=True, is_active=True).exclude(pk__in=apart).order_by("pk")
    return [person for person in staff if person.has_perms(permissions)][:MOST_TOLD]
