"""*More*: the pages that have no tab of their own on a phone."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from operators.models import Operator
from portal.decorators import operator_page


@require_GET
@operator_page
def more(request: HttpRequest, operator: Operator) -> HttpResponse:
    """A list of links, and the way out."""
    return render(request, "portal/more.html", {"operator": operator})
