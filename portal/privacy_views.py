"""What is kept about operators, and for how long; and a copy of it for each of them."""

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from operators.models import Operator
from portal.decorators import operator_page
from privacy.kinds import Audience
from privacy.retention import kinds_for
from privacy.services.export_data import latest_export
from web.data_copy import post_export, zip_response
from web.requests import SiteRequest


@require_safe
def privacy(request: SiteRequest) -> HttpResponse:
    """The privacy notice for operators."""
    return render(request, "portal/privacy.html", {"kinds": kinds_for(Audience.OPERATORS)})


@require_http_methods(["GET", "HEAD", "POST"])
@operator_page
def data(request: SiteRequest, operator: Operator) -> HttpResponse:
    """Ask for a copy, or see how far it is."""
    user = operator.user
    if request.method == "POST":
        return post_export(request, user, brand=None, back=reverse("portal:data"))
    return render(request, "portal/data.html", {"export": latest_export(user=user, actor=user)})


@require_safe
@operator_page
def download(request: SiteRequest, operator: Operator, reference: str) -> HttpResponse:
    """The file."""
    return zip_response(reference, operator.user)
