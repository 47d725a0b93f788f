"""Each call, text, and tip that a payout paid, that the next one will pay, or that isn't payable yet: pages of days, newest first."""

from django.db.models import Q, Sum
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from billing.payouts.balances import balance_of
from billing.payouts.lines import lines_of, next_lines, pending_lines
from billing.payouts.maturity import books_day, next_payday
from billing.payouts.models import PayoutItem
from core import clock
from core.days import write_date
from core.errors import NotFound
from operators.models import Operator
from portal.decorators import operator_page
from portal.payouts import ShownPayout, shown_payouts
from portal.statement import entries_of
from portal.statement_days import page_of
from web.filters import LedgerFilters


@require_GET
@operator_page
def payout(request: HttpRequest, operator: Operator, number: int) -> HttpResponse:
    """One payout with the run it was in. Another operator's is not found, nor what was never approved."""
    rows = PayoutItem.objects.filter(operator=operator, approved_at__isnull=False)
    item = rows.select_related("run", "account").filter(pk=number).first()
    if item is None:
        raise NotFound(_("There is no such payout."))
    [shown] = shown_payouts([item])
    title = _("Payout of %(day)s") % {"day": write_date(timezone.localtime(item.run.prepared_at))}
    return _page(request, operator, lines_of(item), title, item.debited_minor, shown=shown)


@require_GET
@operator_page
def next_payout(request: HttpRequest, operator: Operator) -> HttpResponse:
    """What is paid on the next payday of what is earned by now."""
    payday = next_payday(books_day(clock.now()))
    title = _("Payout on %(day)s") % {"day": write_date(payday)}
    total_minor = balance_of(operator.pk, payday).payable_minor
    return _page(request, operator, next_lines(operator.pk, payday), title, total_minor)


@require_GET
@operator_page
def pending(request: HttpRequest, operator: Operator) -> HttpResponse:
    """What isn't payable yet, each with the day on which it is."""
    lines = pending_lines(operator.pk, books_day(clock.now()))
    return _page(request, operator, lines, _("Not payable yet"), None)


def _page(
    request: HttpRequest, operator: Operator, lines: Q, title: str, total_minor: int | None, *,
    shown: ShownPayout | None = None,
) -> HttpResponse:  # fmt: skip
    """`total_minor`: what the lines should come to; the rest is named (carried over, held then, or paid with another)."""
    entries = entries_of(operator, LedgerFilters()).filter(lines)
    page = page_of(operator, entries, request.GET.get("before"))
    sum_minor = entries.order_by().aggregate(total=Sum("amount_minor"))["total"] or 0
    context = {
        "operator": operator,
        "title": title,
        "shown": shown,
        "days": page.days,
        "sum_minor": sum_minor,
        "rest_minor": 0 if total_minor is None else total_minor - sum_minor,
        "total_minor": total_minor,
        "older_url": f"?before={page.older_before}" if page.older_before else None,
    }
    return render(request, "portal/payout_line_page.html", context)
