"""The queue of calls whose charge differs from Asterisk's record."""

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from backoffice.decorators import render_staff_page, staff_page
from core.money_pages import moves_money
from customers.models import User
from telephony.models import Correction
from telephony.services.decide_correction import approve_correction, decline_correction
from telephony.states import CorrectionState
from web.actions import run_service
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
        request, "backoffice/corrections.html", title="Corrections", waiting=waiting, handled=handled
    )


@require_POST
@staff_page("telephony.change_correction", "ledger.refund_sale")
@moves_money
def approve(request: HttpRequest, staff: User, number: int) -> HttpResponse:
    """Charge the call by the record."""
    return run_service(
        request,
        lambda: approve_correction(correction_id=number, reason=reason_of(request), actor=staff),
        then=reverse("backoffice:corrections"),
        said="Corrected, and off the queue.",
    )


@require_POST
@staff_page("telephony.change_correction")
def decline(request: HttpRequest, staff: User, number: int) -> HttpResponse:
    """Leave the charge as it is."""
    return run_service(
        request,
        lambda: decline_correction(correction_id=number, reason=reason_of(request), actor=staff),
        then=reverse("backoffice:corrections"),
        said="Left as it is, and off the queue.",
    )
