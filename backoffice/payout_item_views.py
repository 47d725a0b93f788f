"""One payout of a run: where it is, what the books hold of it, and what the bank or the post says of it."""

from datetime import date
from functools import partial

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from backoffice.decorators import ask_staff, render_staff_page, staff_page
from backoffice.payout_questions import item_paid_question, return_question
from backoffice.payout_rows import item_rows
from billing.payouts.models import PayoutItem
from billing.payouts.selectors import postings_of
from billing.payouts.services.mark_paid import mark_paid
from billing.payouts.services.read_address import read_address
from billing.payouts.services.return_item import return_item
from billing.payouts.states import FORMAT_OF, ItemState, Method, may_follow
from core import clock
from core.confirm import is_confirmed, preview
from core.errors import DomainError, Invalid
from core.money_pages import moves_money
from customers.models import User
from web.actions import refuse, run_service
from web.filters import parse_day
from web.forms import reason_of


@require_GET
@staff_page("payouts.view_payoutitem")
def item_page(request: HttpRequest, staff: User, number: int) -> HttpResponse:
    """Everything about it."""
    item = _item(number)
    [row] = item_rows([item], clock.now())
    may = {
        after: bool(item.method) and may_follow(ItemState(item.state), after, Method(item.method))
        for after in (ItemState.PAID, ItemState.RETURNED)
    }
    is_by_hand = bool(item.method) and item.method not in FORMAT_OF
    return render_staff_page(
        request,
        "backoffice/payout_item.html",
        title=f"Payout to {item.operator.stage_name}",
        item=item,
        row=row,
        may_be_paid=may[ItemState.PAID],
        may_be_returned=may[ItemState.RETURNED],
        has_address=is_by_hand and item.state == ItemState.APPROVED,
        transactions=postings_of(item),
    )


@require_POST
@staff_page("payouts.prepare_payouts")
@moves_money
def paid(request: HttpRequest, staff: User, number: int) -> HttpResponse:
    """Ask, then book it as paid."""
    item = _item(number)
    then = _url(number)

    def pay(_: str = "") -> PayoutItem:
        return mark_paid(
            item_id=item.pk,
            paid_on=_day(request),
            bank_reference=request.POST.get("bank_reference", ""),
            actor=staff,
        )

    if is_confirmed(request):
        return run_service(request, pay, then=then, message="Marked as paid.")
    try:
        expected = preview(pay)
    except DomainError as error:
        return refuse(request, error, then=then)
    return ask_staff(request, item_paid_question(expected, then))


@require_POST
@staff_page("payouts.prepare_payouts")
@moves_money
def returned(request: HttpRequest, staff: User, number: int) -> HttpResponse:
    """Ask for the bank's reason, then credit the operator again."""
    item = _item(number)
    give_back = partial(return_item, item_id=number, actor=staff)
    then = _url(number)
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
    return ask_staff(request, return_question(item, then))


@require_POST
@staff_page("payouts.prepare_payouts")
@moves_money
def address(request: HttpRequest, staff: User, number: int) -> HttpResponse:
    """Where a check or a transfer to a wallet goes, once, for a reason that is kept."""
    item = _item(number)
    reason = reason_of(request)
    try:
        details = read_address(item_id=number, reason=reason, actor=staff)
    except DomainError as error:
        return refuse(request, error, then=_url(number))
    answer = render_staff_page(
        request, "backoffice/payout_address.html", title="Where to send it", item=item, details=details,
        back=_url(number), reason=reason,
    )  # fmt: skip
    answer["Cache-Control"] = "private, no-store"
    return answer


def _item(number: int) -> PayoutItem:
    rows = PayoutItem.objects.select_related("operator", "account", "run")
    return get_object_or_404(rows, pk=number)


def _day(request: HttpRequest) -> date:
    day = parse_day(request.POST.get("paid_on"))
    if day is None:
        raise Invalid("Enter the date of the payment.", field="paid_on")
    return day


def _url(number: int) -> str:
    return reverse("backoffice:payout-item", args=[number])
