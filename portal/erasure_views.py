"""Have one's data deleted, as an operator: said first what goes, refused while something is open, taken back for some days."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from operators.models import Operator
from portal.decorators import operator_page
from privacy.services.request_erasure import cancel_erasure
from web.actions import run_service
from web.erasure import EraseForm, erasure_context, is_erasure_requested
from web.requests import SiteRequest


@require_http_methods(["GET", "HEAD", "POST"])
@operator_page
def erase(request: SiteRequest, operator: Operator) -> HttpResponse:
    """What is deleted and what is kept; why it can't be done now, or the form."""
    form = EraseForm(request.POST or None)
    page = reverse("portal:erase")
    if request.method == "POST" and is_erasure_requested(
        form, operator.user, url=request.build_absolute_uri(page)
    ):
        messages.success(request, "You’re offline, and your data will be deleted. We’ve emailed you.")
        return redirect("portal:erase")
    return render(request, "portal/erase.html", erasure_context(operator.user, form))


@require_POST
@operator_page
def keep(request: SiteRequest, operator: Operator) -> HttpResponse:
    """Take it back."""
    return run_service(
        request,
        lambda: cancel_erasure(user=operator.user, actor=operator.user),
        then=reverse("portal:settings"),
        message="Nothing will be deleted. You can go online again.",
    )
