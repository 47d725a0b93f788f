"""The bookkeeper's page of a month: revenue and margin by brand and operator, and the same as CSV."""

from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.views.decorators.http import require_GET

from backoffice.decorators import render_staff_page, staff_page
from backoffice.revenue import HEADER, as_csv, month_of, revenue
from billing import conf
from core import clock
from core.csv_stream import csv_response
from core.days import BOOKS_ZONE
from customers.models import User


@require_GET
@staff_page("ledger.view_entry")
def revenue_page(request: HttpRequest, staff: User) -> HttpResponse:
    """A month in New York; the current one unless asked otherwise."""
    today = clock.now().astimezone(BOOKS_ZONE).date()
    month = month_of(request.GET.get("month"), today)
    rows = revenue(month)
    return render_staff_page(
        request, "backoffice/revenue.html", title="Revenue", month=month, rows=rows, currency=conf.currency(),
        platform_minor=sum(row.platform_minor for row in rows),
        margin_minor=sum(row.margin_minor for row in rows),
    )  # fmt: skip


@require_GET
@staff_page("ledger.view_entry")
def revenue_csv(request: HttpRequest, staff: User) -> StreamingHttpResponse:
    """The same rows."""
    month = month_of(request.GET.get("month"), clock.now().astimezone(BOOKS_ZONE).date())
    return csv_response(f"revenue-{month:%Y-%m}.csv", HEADER, as_csv(month, revenue(month)))
