"""The queue of operators' new greetings: no customer hears one before a staff member did."""

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from backoffice.decorators import render_staff_page, staff_page
from customers.models import User
from operators.models import Greeting
from operators.services.greetings import approve_greeting, refuse_greeting, remove_greeting
from operators.states import ReviewState
from web.actions import run_service

SHOWN = 30


@require_GET
@staff_page("operators.view_greeting")
def queue(request: HttpRequest, staff: User) -> HttpResponse:
    """What waits, the longest first, beside what customers hear now."""
    waiting = Greeting.objects.filter(state=ReviewState.WAITING).select_related("operator").order_by("id")
    return render_staff_page(
        request, "backoffice/greetings.html", title="New greetings", waiting=waiting[:SHOWN]
    )


@require_POST
@staff_page("operators.change_greeting")
def approve(request: HttpRequest, staff: User, number: int) -> HttpResponse:
    """Let customers hear it."""
    return run_service(
        request,
        lambda: approve_greeting(greeting_id=number, actor=staff),
        then=reverse("backoffice:greetings"),
        message="Approved. Customers can play it now.",
    )


@require_POST
@staff_page("operators.change_greeting")
def refuse(request: HttpRequest, staff: User, number: int) -> HttpResponse:
    """Say no; the operator reads why."""
    return run_service(
        request,
        lambda: refuse_greeting(greeting_id=number, reason=request.POST.get("reason", ""), actor=staff),
        then=reverse("backoffice:greetings"),
        message="Declined. The operator gets an email with your reason.",
    )


@require_POST
@staff_page("operators.change_greeting")
def remove(request: HttpRequest, staff: User, number: int) -> HttpResponse:
    """Take down a greeting that customers hear."""
    return run_service(
        request,
        lambda: remove_greeting(operator_id=number, actor=staff, reason=request.POST.get("reason", "")),
        then=reverse("backoffice:operator", args=[number]),
        message="Removed. Customers no longer hear it.",
    )
