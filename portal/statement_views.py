"""The statement: a page of it, all of it as CSV, all of a month to print."""

from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET

from billing.earnings import balance_of_operator
from core.csv_stream import csv_response
from core.errors import Invalid
from core.money import as_decimal
from core.paging import page_before
from operators.models import Operator
from portal import statement
from portal.decorators import operator_page
from web.filters import LedgerFilters

PAGE = 50
PRINT_AT_MOST = 2000
_HEADER = [
    "time", "what", "customer", "site", "minutes", "free_minutes", "rate", "customer_paid", "share", "earned",
    "currency", "reference",
]  # fmt: skip


@require_GET
@operator_page
def statement_page(request: HttpRequest, operator: Operator) -> HttpResponse:
    """One page, newest first, with the sums of the whole selection."""
    filters = LedgerFilters.from_query(request.GET, statement.KINDS)
    entries = statement.entries_of(operator, filters)
    is_print = request.GET.get("print") == "1"
    if is_print:
        rows, next_before = list(entries[: PRINT_AT_MOST + 1]), None
        if len(rows) > PRINT_AT_MOST:
            raise Invalid(f"More than {PRINT_AT_MOST} lines: choose fewer days, or download the CSV.")
    else:
        page = page_before(entries, before=request.GET.get("before"), limit=PAGE)
        rows, next_before = list(page.items), page.next_before
    context = {
        "operator": operator,
        "filters": filters,
        "kinds": statement.KINDS.items(),
        "brands": statement.brands_of(operator),
        "lines": statement.lines_of(rows),
        "earned_minor": statement.earned_minor(entries),
        "paid_out_minor": statement.paid_out_minor(entries),
        "balance": balance_of_operator(operator.pk),
        "query": urlencode(filters.query),
        "older_url": f"?{urlencode({**filters.query, 'before': next_before})}" if next_before else None,
        "is_print": is_print,
    }
    return render(request, "portal/statement.html", context)


@require_GET
@operator_page
def statement_csv(request: HttpRequest, operator: Operator) -> StreamingHttpResponse:
    """The whole selection, times in the operator's zone, amounts as decimals."""
    zone = timezone.get_current_timezone()
    entries = statement.entries_of(operator, LedgerFilters.from_query(request.GET, statement.KINDS))
    rows = (
        [
            line.at.astimezone(zone).isoformat(sep=" ", timespec="seconds"), line.what, line.alias, line.site,
            line.minutes, line.free, _amount(line.rate_minor), _amount(line.paid_minor), line.share,
            _amount(line.earned_minor), line.currency, line.reference,
        ]
        for line in statement.all_lines(entries)
    )  # fmt: skip
    return csv_response("statement.csv", _HEADER, rows)


def _amount(minor: int | None) -> object:
    return "" if minor is None else as_decimal(minor)
