"""The queue of operators' new photos: no customer sees one before a staff member did."""

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from backoffice.decorators import render_staff_page, staff_page
from customers.models import User
from operators.models import Photo
from operators.services.photos import approve_photo, refuse_photo, remove_photo
from operators.states import ReviewState
from web.actions import run_service

SHOWN = 30


@require_GET
@staff_page("operators.view_photo")
def queue(request: HttpRequest, staff: User) -> HttpResponse:
    """What waits, the longest first, beside what is shown now."""
    waiting = Photo.objects.filter(state=ReviewState.WAITING).select_related("operator").order_by("id")
    return render_staff_page(request, "backoffice/photos.html", title="New photos", waiting=waiting[:SHOWN])


@require_POST
@staff_page("operators.change_photo")
def approve(request: HttpRequest, staff: User, number: int) -> HttpResponse:
    """Show it to customers."""
    return run_service(
        request,
        lambda: approve_photo(photo_id=number, actor=staff),
        then=reverse("backoffice:photos"),
        message="Customers see it now.",
    )


@require_POST
@staff_page("operators.change_photo")
def refuse(request: HttpRequest, staff: User, number: int) -> HttpResponse:
    """Say no; the operator reads why."""
    return run_service(
        request,
        lambda: refuse_photo(photo_id=number, reason=request.POST.get("reason", ""), actor=staff),
        then=reverse("backoffice:photos"),
        message="Declined. The operator gets your reason.",
    )


@require_POST
@staff_page("operators.change_photo")
def remove(request: HttpRequest, staff: User, number: int) -> HttpResponse:
    """Take down a photo that is shown."""
    return run_service(
        request,
        lambda: remove_photo(operator_id=number, actor=staff, reason=request.POST.get("reason", "")),
        then=reverse("backoffice:operator", args=[number]),
        message="Removed: customers see the drawn portrait.",
    )
