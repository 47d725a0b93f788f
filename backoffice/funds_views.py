"""The queue of customers who asked for funds."""

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from backoffice.decorators import render_staff_page, staff_page
from billing.models import FundsRequest
from billing.services.request_funds import credit_request, decline_request
from billing.states import CreditSource, FundsRequestState
from core.errors import Invalid
from customers.models import User
from web.actions import run_service
from web.forms import parse_amount, reason_of

SHOWN = 100


@require_GET
@staff_page("billing.view_fundsrequest")
def queue(request: HttpRequest, staff: User) -> HttpResponse:
    """Who waits, the longest first; and what was answered last."""
    rows = FundsRequest.objects.select_related("customer", "brand", "handled_by")
    waiting = rows.filter(state=FundsRequestState.WAITING).order_by("id")[:SHOWN]
    handled = rows.exclude(state=FundsRequestState.WAITING).order_by("-id")[:20]
    return render_staff_page(
        request, "backoffice/funds.html", title="Requests for funds",
        waiting=waiting, handled=handled, sources=CreditSource.choices,
    )  # fmt: skip


@require_POST
@staff_page("ledger.add_transaction")
def credit(request: HttpRequest, staff: User, number: int) -> HttpResponse:
    """Credit the wallet of who asked."""

    def give() -> None:
        source = request.POST.get("source", "")
        if source not in CreditSource.values:
            raise Invalid("Choose where the money comes from.")
        credit_request(
            request_id=number,
            amount_minor=parse_amount(request.POST.get("amount", "")),
            source=CreditSource(source),
            reason=reason_of(request),
            actor=staff,
        )

    return run_service(request, give, then=reverse("backoffice:funds"), said="Credited, and off the queue.")


@require_POST
@staff_page("billing.change_fundsrequest")
def decline(request: HttpRequest, staff: User, number: int) -> HttpResponse:
    """Say no, with a reason."""
    return run_service(
        request,
        lambda: decline_request(request_id=number, reason=reason_of(request), actor=staff),
        then=reverse("backoffice:funds"),
        said="Declined, and off the queue.",
    )
