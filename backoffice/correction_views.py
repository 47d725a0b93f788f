"""The queue of calls whose charge differs from Asterisk's record."""

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from backoffice.decided import DecidedRow
from backoffice.decorators import ask_staff, render_staff_page, staff_page
from backoffice.giving import ask_and_give
from backoffice.questions import approval_question, leave_question
from billing.services.carry_out import CarriedOut, carry_out
from core.confirm import Confirmation, is_confirmed, preview
from core.errors import DomainError
from core.money import format_money
from core.money_pages import moves_money
from customers.models import User
from telephony.approvals import CORRECTION
from telephony.models import Correction
from telephony.services.decide_correction import decline_correction
from telephony.states import CorrectionState
from web.actions import refuse, run_service
from web.forms import reason_of

SHOWN = 100


@require_GET
@staff_page("telephony.view_correction")
def queue(request: HttpRequest, staff: User) -> HttpResponse:
    """What waits for a decision, the longest first; and what was decided last."""
    rows = Correction.objects.select_related("call__customer", "call__operator", "handled_by")
    waiting = rows.filter(state=CorrectionState.WAITING).order_by("id")[:SHOWN]
    handled = rows.exclude(state=CorrectionState.WAITING).order_by("-handled_at")[:20]
    return render_staff_page(
        request,
        "backoffice/corrections.html",
        title="Corrections",
        waiting=waiting,
        decided=[_decided(row) for row in handled],
    )


@require_POST
@staff_page("telephony.change_correction", "ledger.refund_sale")
@moves_money
def approve(request: HttpRequest, staff: User, number: int) -> HttpResponse:
    """Ask, then charge the call by the record."""

    def charge(reason: str) -> CarriedOut:
        return carry_out(
            CORRECTION,
            correction_id=number,
            reason=reason,
            actor=staff,
            idempotency_key=f"correction:{number}",
        )

    def question(expected: CarriedOut) -> Confirmation:
        correction = _correction(number)
        return approval_question(correction, expected.result, _queue_url())

    return ask_and_give(request, charge, question, then=_queue_url(), done="Charged as recorded.")


@require_POST
@staff_page("telephony.change_correction")
def decline(request: HttpRequest, staff: User, number: int) -> HttpResponse:
    """Ask, then leave the charge as it is."""

    def leave(reason: str) -> Correction:
        return decline_correction(correction_id=number, reason=reason, actor=staff)

    if is_confirmed(request):
        return run_service(
            request,
            lambda: leave(reason_of(request)),
            then=_queue_url(),
            message="The charge stays as it is.",
        )
    try:
        preview(leave)
    except DomainError as error:
        return refuse(request, error, then=_queue_url())
    return ask_staff(request, leave_question(_correction(number), _queue_url()))


def _queue_url() -> str:
    return reverse("backoffice:corrections")


def _correction(number: int) -> Correction:
    return Correction.objects.select_related("call__customer", "call__operator").get(pk=number)


def _decided(row: Correction) -> DecidedRow:
    return DecidedRow(
        at=row.handled_at,
        url=reverse("admin:telephony_call_change", args=[row.call_id]),
        subject=row.call.call_id,
        amount=format_money(row.change_minor),
        decision=row.get_state_display(),
        by=str(row.handled_by or ""),
        reason=row.reason,
    )
