"""The statement: a page of days, all of it as CSV, all of some days to print."""

from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from billing.earnings import balance_of_operator
from core import clock
from core.csv_stream import csv_response
from core.errors import Invalid
from core.money import as_decimal
from operators.models import Operator
from operators.selectors import today_of
from portal import statement, statement_sums
from portal.decorators import operator_page
from portal.periods import periods
from portal.statement_days import all_days, page_of_days
from web.filters import LedgerFilters

PRINT_AT_MOST = 2000
_HEADER = [
    "time", "what", "customer", "site", "minutes", "free_minutes", "rate", "customer_paid", "share", "earned",
    "currency", "reference", "call", "through_your_link",
]  # fmt: skip


@require_GET
@operator_page
def statement_page(request: HttpRequest, operator: Operator) -> HttpResponse:
    """Some days, newest first, with the sums of the whole selection."""
    filters = LedgerFilters.from_query(request.GET, statement.StatementKind.values)
    sums = statement_sums.sums_of(operator, filters)
    is_print = request.GET.get("print") == "1"
    older_before = None
    if is_print:
        days = all_days(operator, filters, PRINT_AT_MOST)
        if days is None:
            raise Invalid(
                _("More than %(most)s lines: choose fewer days, or download the CSV.")
                % {"most": PRINT_AT_MOST}
            )
    else:
        page = page_of_days(operator, filters, request.GET.get("before"))
        days, older_before = page.days, page.older_before
    context = {
        "operator": operator,
        "filters": filters,
        "kinds": statement.StatementKind.choices,
        "brands": statement.brands_of(operator),
        "periods": _period_links(operator, filters),
        "days": days,
        "earned_minor": sums.earned_minor,
        "paid_out_minor": sums.paid_out_minor,
        "withheld_minor": sums.withheld_minor,
        "payout_fees_minor": sums.payout_fees_minor,
        "balance": balance_of_operator(operator.pk),
        "query": urlencode(filters.query),
        "older_url": f"?{urlencode({**filters.query, 'before': older_before})}" if older_before else None,
        "is_print": is_print,
    }
    return render(request, "portal/statement.html", context)


def _period_links(operator: Operator, filters: LedgerFilters) -> list[dict[str, object]]:
    """The days that have names, each as an address that keeps the other filters."""
    others = {name: value for name, value in filters.query.items() if name not in ("from", "to")}
    chosen = (filters.since, filters.until)
    return [
        {
            "label": period.label,
            "query": urlencode({"from": period.since, "to": period.until, **others}),
            "is_current": chosen == (period.since, period.until),
        }
        for period in periods(today_of(operator, clock.now()))
    ]


@require_GET
@operator_page
def statement_csv(request: HttpRequest, operator: Operator) -> StreamingHttpResponse:
    """The whole selection, one line an entry, times in the operator's zone, amounts as decimals."""
    zone = timezone.get_current_timezone()
    filters = LedgerFilters.from_query(request.GET, statement.StatementKind.values)
    entries = statement.entries_of(operator, filters)
    rows = (
        [
            line.at.astimezone(zone).isoformat(sep=" ", timespec="seconds"), line.what, line.alias, line.site,
            line.minutes, line.free, _amount(line.rate_minor), _amount(line.paid_minor), line.share,
            _amount(line.earned_minor), line.currency, line.reference, line.call,
            "yes" if line.is_through_link else "",
        ]
        for line in statement.all_lines(entries)
    )  # fmt: skip
    return csv_response("statement.csv", _HEADER, rows)


def _amount(minor: int | None) -> object:
    return "" if minor is None else as_decimal(minor)
