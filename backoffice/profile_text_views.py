"""The queue of what operators write about themselves: no customer reads it before a staff member did."""

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from backoffice.decorators import render_staff_page, staff_page
from customers.models import User
from operators.models import ProfileText
from operators.services.profile_texts import approve_profile_text, refuse_profile_text
from operators.states import ReviewState
from web.actions import run_service
from web.forms import reason_of

SHOWN = 30


@require_GET
@staff_page("operators.view_profiletext")
def queue(request: HttpRequest, staff: User) -> HttpResponse:
    """What waits, the longest first, beside what is shown now."""
    waiting = ProfileText.objects.filter(state=ReviewState.WAITING).select_related("operator").order_by("id")
    return render_staff_page(
        request, "backoffice/profile_texts.html", title="New profile texts", waiting=waiting[:SHOWN]
    )


@require_POST
@staff_page("operators.change_profiletext")
def approve(request: HttpRequest, staff: User, number: int) -> HttpResponse:
    """Show it to customers."""
    return run_service(
        request,
        lambda: approve_profile_text(text_id=number, actor=staff),
        then=reverse("backoffice:profile-texts"),
        message="Approved. Customers see it now.",
    )


@require_POST
@staff_page("operators.change_profiletext")
def refuse(request: HttpRequest, staff: User, number: int) -> HttpResponse:
    """Say no; the operator reads why."""
    return run_service(
        request,
        lambda: refuse_profile_text(text_id=number, reason=reason_of(request), actor=staff),
        then=reverse("backoffice:profile-texts"),
        message="Declined. The operator gets an email with your reason.",
    )
