"""What is kept about operators, and for how long; open to anyone."""

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from privacy.retention import Audience, kinds_for
from web.requests import SiteRequest


@require_safe
def privacy(request: SiteRequest) -> HttpResponse:
    """The privacy notice for operators."""
    return render(request, "portal/privacy.html", {"kinds": kinds_for(Audience.OPERATORS)})
