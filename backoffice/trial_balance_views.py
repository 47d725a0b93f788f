"""The bookkeeper's pages: trial balance of a day, its journal as CSV, tax over a filing period."""

from datetime import date, timedelta

from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.views.decorators.http import require_GET

from backoffice.decorators import render_staff_page, staff_page
from backoffice.tax_report import TAX_HEADER, tax_report
from backoffice.trial_balance import JOURNAL_HEADER, balances, is_closed, journal
from core import clock
from core.csv_stream import csv_response
from core.days import BOOKS_ZONE
from core.errors import Invalid
from customers.models import User
from web.filters import parse_day


@require_GET
@staff_page("ledger.view_entry")
def trial_balance(request: HttpRequest, staff: User) -> HttpResponse:
    """Every kind of account at the end of a day in New York; yesterday unless asked otherwise."""
    today = clock.now().astimezone(BOOKS_ZONE).date()
    day = parse_day(request.GET.get("day")) or today - timedelta(days=1)
    rows = balances(day)
    return render_staff_page(
        request, "backoffice/trial_balance.html", title="Trial balance",
        day=day, rows=rows, total_minor=sum(row.closing_minor for row in rows),
        is_closed=is_closed(day, today), period=_last_month(today),
    )  # fmt: skip


@require_GET
@staff_page("ledger.view_entry")
def journal_csv(request: HttpRequest, staff: User) -> StreamingHttpResponse:
    """Every entry of the day."""
    today = clock.now().astimezone(BOOKS_ZONE).date()
    day = parse_day(request.GET.get("day")) or today - timedelta(days=1)
    return csv_response(f"journal-{day.isoformat()}.csv", JOURNAL_HEADER, journal(day))


@require_GET
@staff_page("ledger.view_entry")
def tax_csv(request: HttpRequest, staff: User) -> StreamingHttpResponse:
    """What was taxed over a filing period; last month unless asked otherwise."""
    start, end = _last_month(clock.now().astimezone(BOOKS_ZONE).date())
    first, last = parse_day(request.GET.get("from")) or start, parse_day(request.GET.get("to")) or end
    if last < first:
        raise Invalid("The last day is before the first.")
    return csv_response(
        f"tax-{first.isoformat()}-{last.isoformat()}.csv", TAX_HEADER, tax_report(first, last)
    )


def _last_month(today: date) -> tuple[date, date]:
    """Its first and its last day."""
    last = today.replace(day=1) - timedelta(days=1)
    return last.replace(day=1), last
