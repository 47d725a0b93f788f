"""The queue of deeds above somebody's limit: another person approves or declines them, who asked may withdraw."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from backoffice.approval_effects import effect_of
from backoffice.decided import DecidedRow
from backoffice.decorators import ask_staff, render_staff_page, staff_page
from billing.approval_words import what_is_given, whom_it_is_for
from billing.models import ApprovalRequest
from billing.services import decide_approval
from billing.states import ApprovalState
from core.confirm import Confirmation, is_confirmed, preview
from core.errors import DomainError, NotFound
from core.money_pages import moves_money
from customers.models import User
from customers.pages import STAFF_CUSTOMER
from operators.pages import STAFF_PROFILE
from web.actions import refuse, run_service
from web.forms import reason_of

SHOWN = 50


@dataclass(frozen=True, slots=True)
class WaitingRow:
    """One request as the page shows it. `obstacle`: why the reader can't decide it; `is_own`: who may withdraw it."""

    request: ApprovalRequest
    what: str
    whom: str
    url: str
    effect: str
    obstacle: str
    is_own: bool


@require_GET
@staff_page("billing.view_approvalrequest")
def queue(request: HttpRequest, staff: User) -> HttpResponse:
    """What waits for a second person, the longest first; and what was decided last."""
    rows = ApprovalRequest.objects.select_related("customer", "operator", "requested_by", "decided_by")
    waiting = rows.filter(state=ApprovalState.WAITING).order_by("id")[:SHOWN]
    decided = rows.exclude(state=ApprovalState.WAITING).order_by("-decided_at")[:20]
    return render_staff_page(
        request,
        "backoffice/approvals.html",
        title="Approvals",
        waiting=[_waiting(row, staff) for row in waiting],
        decided=[_decided(row) for row in decided],
    )


@require_POST
@staff_page("billing.view_approvalrequest")
@moves_money
def approve(request: HttpRequest, staff: User, number: int) -> HttpResponse:
    """Ask, then do what was asked for."""
    effect = "It's done right away. Your approval is on record, and you both get an email."
    decide = partial(decide_approval.approve, request_id=number, actor=staff)
    return _ask_then(request, number, decide, "Approve", effect, "Approved and done.")


@require_POST
@staff_page("billing.view_approvalrequest")
def decline(request: HttpRequest, staff: User, number: int) -> HttpResponse:
    """Ask, then say no."""
    effect = "Nothing is given. You both get an email with your reason."
    decide = partial(decide_approval.decline, request_id=number, actor=staff)
    return _ask_then(request, number, decide, "Decline", effect, "Declined.")


@require_POST
@staff_page("billing.view_approvalrequest")
def withdraw(request: HttpRequest, staff: User, number: int) -> HttpResponse:
    """Ask, then take one's own request back."""
    effect = "Nothing is given. You can request it again."
    decide = partial(decide_approval.withdraw, request_id=number, actor=staff)
    return _ask_then(request, number, decide, "Withdraw your request:", effect, "Withdrawn.")


def _ask_then(
    request: HttpRequest,
    number: int,
    decide: Callable[..., ApprovalRequest],
    verb: str,
    effect: str,
    message: str,
) -> HttpResponse:
    """Ask with the amount, the person, and the effect; once that is confirmed, `decide(reason=…)`."""
    if is_confirmed(request):
        return run_service(
            request, lambda: decide(reason=reason_of(request)), then=_queue_url(), message=message
        )
    try:
        preview(lambda reason: decide(reason=reason))
    except DomainError as error:
        return refuse(request, error, then=_queue_url())
    row = _request(number)
    title = f"{verb} {what_is_given(row)} for {whom_it_is_for(row)}?"
    button = verb.split()[0]
    return ask_staff(request, Confirmation(title, _facts(row), effect, button, _queue_url()))


def _queue_url() -> str:
    return reverse("backoffice:approvals")


def _request(number: int) -> ApprovalRequest:
    rows = ApprovalRequest.objects.select_related("customer", "operator", "requested_by")
    row = rows.filter(pk=number).first()
    if row is None:
        raise NotFound("Request not found.")
    return row


def _facts(row: ApprovalRequest) -> tuple[tuple[str, str], ...]:
    return (
        ("Requested by", row.requested_by.email),
        ("What", what_is_given(row)),
        ("For", whom_it_is_for(row)),
        ("Effect", effect_of(row)),
        ("Their reason", row.reason),
    )


def _waiting(row: ApprovalRequest, staff: User) -> WaitingRow:
    is_own, obstacle = row.requested_by_id == staff.pk, ""
    if not is_own:
        try:
            decide_approval.refuse_decider(row, staff)
        except DomainError as error:
            obstacle = error.message
    whom = whom_it_is_for(row)
    return WaitingRow(row, what_is_given(row), whom, _url(row), effect_of(row), obstacle, is_own)


def _url(row: ApprovalRequest) -> str:
    if row.customer_id is not None:
        return STAFF_CUSTOMER.path(row.customer_id)
    assert row.operator_id is not None, "a request is for somebody"
    return STAFF_PROFILE.path(row.operator_id)


def _decided(row: ApprovalRequest) -> DecidedRow:
    return DecidedRow(
        at=row.decided_at,
        url=_url(row),
        subject=whom_it_is_for(row),
        amount=what_is_given(row),
        decision=row.get_state_display(),
        by=str(row.decided_by or "time"),
        reason=row.decision_reason or row.reason,
    )
