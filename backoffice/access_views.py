"""The queue of customers who applied for access without a card payment: approve with a mailed code, or decline."""

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from backoffice.decided import DecidedRow
from backoffice.decorators import render_staff_page, staff_page
from customers.models import AccessRequest, User
from customers.services.access_requests import approve_access, decline_access
from customers.states import AccessRequestState
from web.actions import run_service
from web.forms import reason_of

SHOWN = 100


@require_GET
@staff_page("customers.view_accessrequest")
def queue(request: HttpRequest, staff: User) -> HttpResponse:
    """Open applications, the longest waiting first; and what was decided last."""
    rows = AccessRequest.objects.select_related("customer__user", "brand", "decided_by")
    waiting = rows.filter(state=AccessRequestState.WAITING).order_by("id")[:SHOWN]
    decided = rows.exclude(state=AccessRequestState.WAITING).order_by("-id")[:20]
    return render_staff_page(
        request, "backoffice/access.html", title="Access requests", waiting=waiting,
        decided=[_decided(row) for row in decided],
    )  # fmt: skip


@require_POST
@staff_page("customers.decide_access")
def approve(request: HttpRequest, staff: User, number: int) -> HttpResponse:
    """Mail a code."""
    return run_service(
        request,
        lambda: approve_access(request_id=number, actor=staff, reason=reason_of(request)),
        then=reverse("backoffice:access"),
        message="Approved. The customer gets an email with the code.",
    )


@require_POST
@staff_page("customers.decide_access")
def decline(request: HttpRequest, staff: User, number: int) -> HttpResponse:
    """Say no, with a reason that the customer reads."""
    return run_service(
        request,
        lambda: decline_access(request_id=number, actor=staff, reason=reason_of(request)),
        then=reverse("backoffice:access"),
        message="Declined. The customer gets an email with your reason.",
    )


def _decided(row: AccessRequest) -> DecidedRow:
    used = ", code used" if row.code_used_at else ""
    return DecidedRow(
        at=row.decided_at,
        url=reverse("backoffice:customer", args=[row.customer_id]),
        subject=row.customer.alias,
        amount=row.brand.name,
        decision=f"{row.get_state_display()}{used}",
        by=str(row.decided_by or ""),
        reason=row.answer,
    )
