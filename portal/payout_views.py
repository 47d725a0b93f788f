"""Payouts: the next one and those before, each line of the account as CSV, asking for one at once, and where money goes."""

from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, StreamingHttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from billing import conf
from billing.payouts.accounts import account_in_effect
from billing.payouts.balances import balance_of
from billing.payouts.maturity import books_day
from billing.payouts.services.change_account import change_account, withdraw_change
from billing.payouts.services.prepare_run import ask_for_payout
from core import clock
from core.csv_stream import csv_response
from core.errors import DomainError, NotFound
from operators.models import Operator
from operators.tax_forms import newest
from portal import payout_csv
from portal.decorators import operator_page
from portal.payout_forms import AccountForm
from portal.payout_history import history_of
from portal.payout_lines import next_lines
from portal.payout_words import shown_obstacle
from portal.payouts import obstacle_now, paid_to, payouts_of
from web.actions import run_service


@require_GET
@operator_page
def payouts(request: HttpRequest, operator: Operator) -> HttpResponse:
    """What is paid next, with each line, what waits and why, and what was paid."""
    at = clock.now()
    history = history_of(operator, request.GET.get("before"))
    shown = payouts_of(operator, at)
    context = {
        "operator": operator,
        "payouts": shown,
        "lines": next_lines(operator, shown.next.on),
        "history": history,
        "older_url": f"?{urlencode({'before': history.older_before})}#history"
        if history.older_before
        else None,
    }
    return render(request, "portal/payouts.html", context)


@require_GET
@operator_page
def payouts_csv(request: HttpRequest, operator: Operator) -> StreamingHttpResponse:
    """Every entry of the account with its day, when it is payable, and what of the balance it is a part of."""
    return csv_response("payouts.csv", payout_csv.HEADER, payout_csv.rows_of(operator, clock.now()))


@require_http_methods(["GET", "POST"])
@operator_page
def payout_now(request: HttpRequest, operator: Operator) -> HttpResponse:
    """Ask to be paid at once, in figures before it is done. Not found where the owner offers no such payouts."""
    fee_minor = conf.payout_rules().at_once_fee_minor
    if fee_minor is None:
        raise NotFound(_("Payouts are weekly."))
    if request.method == "POST":
        return run_service(
            request,
            lambda: ask_for_payout(operator_id=operator.pk),
            then=reverse("portal:payouts"),
            message=_("Asked for. We’ll email you when it’s on its way."),
        )
    at = clock.now()
    balance = balance_of(operator.pk, books_day(at))
    obstacle = obstacle_now(operator, balance, fee_minor, at)
    is_asked = obstacle == "already_asked"
    form = newest(operator.user_id)
    context = {
        "operator": operator,
        "payable_minor": balance.payable_minor,
        "fee_minor": fee_minor,
        "rest_minor": balance.payable_minor - fee_minor,
        "obstacle": shown_obstacle(obstacle) if obstacle and not is_asked else None,
        "is_asked": is_asked,
        "is_withheld": form is not None and form.has_withholding,
    }
    return render(request, "portal/payout_now.html", context)


@require_http_methods(["GET", "POST"])
@operator_page
def account(request: HttpRequest, operator: Operator) -> HttpResponse:
    """How the operator is paid, and another way from then on. Errors stand at their field."""
    if request.method != "POST":
        return _account_page(request, operator)
    form = AccountForm(conf.payout_rules().methods, request.POST)
    if not form.is_valid():
        return _account_page(request, operator, form, status=400)
    given = {name: str(value) for name, value in form.cleaned_data.items() if name != "method"}
    try:
        change_account(operator_id=operator.pk, method=form.cleaned_data["method"], given=given)
    except DomainError as error:
        field = error.extra.get("field")
        form.add_error(field if field in form.fields else None, error.message)
        return _account_page(request, operator, form, status=error.status)
    messages.success(request, _("Saved. We emailed you about it."))
    return HttpResponseRedirect(reverse("portal:payout-account"))


@require_POST
@operator_page
def account_withdraw(request: HttpRequest, operator: Operator) -> HttpResponse:
    """Undo a change that waits."""
    return run_service(
        request,
        lambda: withdraw_change(operator_id=operator.pk),
        then=reverse("portal:payout-account"),
        message=_("Withdrawn. Nothing changes."),
    )


def _account_page(
    request: HttpRequest, operator: Operator, form: AccountForm | None = None, *, status: int = 200
) -> HttpResponse:
    at, rules = clock.now(), conf.payout_rules()
    in_effect = account_in_effect(operator.pk, at)
    context = {
        "operator": operator,
        "paid_to": paid_to(operator.pk, at),
        "form": form or AccountForm(rules.methods, chosen=in_effect.method if in_effect else ""),
        "wait_hours": rules.account_wait_hours,
    }
    return render(request, "portal/payout_account.html", context, status=status)
