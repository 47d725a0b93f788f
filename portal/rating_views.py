"""Ratings: what customers said, and the operator's answers."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from core.paging import page_before
from operators.models import Operator
from operators.selectors import ratings_of
from operators.services.rate import answer_rating
from portal.decorators import operator_page
from web.actions import run_service


@require_GET
@operator_page
def ratings(request: HttpRequest, operator: Operator) -> HttpResponse:
    """The newest first; those that staff hid are not here."""
    page = page_before(ratings_of(operator), before=request.GET.get("before"))
    context = {
        "operator": operator,
        "ratings": page.items,
        "older_url": f"?before={page.next_before}" if page.next_before else None,
    }
    return render(request, "portal/ratings.html", context)


@require_POST
@operator_page
def answer(request: HttpRequest, operator: Operator, rating_id: int) -> HttpResponse:
    """The operator's words under a review."""
    text = request.POST.get("answer", "")
    return run_service(
        request,
        lambda: answer_rating(operator_id=operator.pk, rating_id=rating_id, text=text),
        then=reverse("portal:ratings"),
        message="Your reply is shown under the review.",
    )
