"""What was taken back of the operator's earnings after a dispute: the reason, and a way to contest it."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from billing.models import CollusionFinding
from billing.services.contest_collusion import MAX_WORDS, contest_collusion
from operators.models import Operator
from portal.decorators import operator_page
from web.actions import run_service


@require_GET
@operator_page
def taken_back(request: HttpRequest, operator: Operator) -> HttpResponse:
    """The newest first; who the customer is is never said."""
    rows = CollusionFinding.objects.filter(operator=operator).select_related("payment").order_by("-id")
    return render(
        request, "portal/taken_back.html", {"operator": operator, "rows": rows, "longest": MAX_WORDS}
    )


@require_POST
@operator_page
def contest(request: HttpRequest, operator: Operator, number: int) -> HttpResponse:
    """Say why it is wrong, once."""

    def run() -> CollusionFinding:
        return contest_collusion(finding_id=number, operator=operator, words=request.POST.get("words", ""))

    then = reverse("portal:taken-back")
    return run_service(
        request, run, then=then, message="Thanks. Someone who wasn’t involved will look into it."
    )
