"""One payout that was made outside of a run: what was paid when, and that it came back."""

from functools import partial

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from backoffice.decorators import ask_staff, render_staff_page, staff_page
from backoffice.payout_questions import outside_return_question
from billing.ledger.models import Transaction
from billing.payouts.outside import made_outside, return_of
from billing.payouts.services.return_outside import return_outside
from core.confirm import is_confirmed, preview
from core.errors import DomainError
from core.money_pages import moves_money
from customers.models import User
from operators.models import Operator
from web.actions import refuse, run_service
from web.forms import reason_of


@require_GET
@staff_page("payouts.view_payoutitem")
def outside_page(request: HttpRequest, staff: User, number: int) -> HttpResponse:
    """Everything about it."""
    payout, operator = _payout(number)
    back = return_of(payout)
    return render_staff_page(
        request,
        "backoffice/outside_payout.html",
        title=f"Payout to {operator.stage_name}, outside of a run",
        payout=payout,
        operator=operator,
        is_early=hasattr(payout, "outside_payout") and payout.outside_payout.is_early,
        back=back,
        transactions=[row for row in (payout, back) if row is not None],
    )


@require_POST
@staff_page("ledger.record_payout")
@moves_money
def returned(request: HttpRequest, staff: User, number: int) -> HttpResponse:
    """Ask why it came back, then credit the operator again."""
    payout, operator = _payout(number)
    give_back = partial(return_outside, transaction_id=number, actor=staff)
    then = reverse("backoffice:outside-payout", args=[number])
    if is_confirmed(request):
        return run_service(
            request,
            lambda: give_back(reason=reason_of(request)),
            then=then,
            message="Returned: it is the operator’s again.",
        )
    try:
        preview(lambda reason: give_back(reason=reason))
    except DomainError as error:
        return refuse(request, error, then=then)
    return ask_staff(request, outside_return_question(payout, operator, then))


def _payout(number: int) -> tuple[Transaction, Operator]:
    rows = made_outside().filter(operator__isnull=False)
    payout = get_object_or_404(rows.select_related("operator", "actor", "outside_payout"), pk=number)
    assert payout.operator is not None, "as the query says"
    return payout, payout.operator
