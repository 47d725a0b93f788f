"""The bookkeeper's pages: trial balance of a day, the journal of a period as CSV, tax over a filing period."""

from datetime import date, timedelta

from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.views.decorators.http import require_GET

from backoffice.decorators import render_staff_page, staff_page
from backoffice.journal import JOURNAL_HEADER, journal
from backoffice.tax_report import TAX_HEADER, tax_report
from backoffice.trial_balance import CLOSES_SHOWN, HEADER, as_csv, trial_balance_of
from billing.models import DailyClose
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
    today = _today()
    return render_staff_page(
        request, "backoffice/trial_balance.html", title="Trial balance", balance=trial_balance_of(_day(request)),
        closes=DailyClose.objects.all()[:CLOSES_SHOWN], period=_last_month(today),
    )  # fmt: skip


@require_GET
@staff_page("ledger.view_entry")
def trial_balance_csv(request: HttpRequest, staff: User) -> StreamingHttpResponse:
    """The same rows."""
    day = _day(request)
    return csv_response(f"trial-balance-{day.isoformat()}.csv", HEADER, as_csv(trial_balance_of(day)))


@require_GET
@staff_page("ledger.view_entry")
def journal_csv(request: HttpRequest, staff: User) -> StreamingHttpResponse:
    """Every entry of a period, or of one day; yesterday unless asked otherwise."""
    day = _day(request)
    first, last = _period(request, (day, day))
    name = (
        f"journal-{first.isoformat()}.csv"
        if first == last
        else f"journal-{first.isoformat()}-{last.isoformat()}.csv"
    )
    return csv_response(name, JOURNAL_HEADER, journal(first, last))


@require_GET
@staff_page("ledger.view_entry")
def tax_csv(request: HttpRequest, staff: User) -> StreamingHttpResponse:
    """What was taxed over a filing period; last month unless asked otherwise."""
    first, last = _period(request, _last_month(_today()))
    return csv_response(
        f"tax-{first.isoformat()}-{last.isoformat()}.csv", TAX_HEADER, tax_report(first, last)
    )


def _today() -> date:
    return clock.now().astimezone(BOOKS_ZONE).date()


def _day(request: HttpRequest) -> date:
    return parse_day(request.GET.get("day")) or _today() - timedelta(days=1)


def _period(request: HttpRequest, otherwise: tuple[date, date]) -> tuple[date, date]:
    """The first and the last day that are asked for. Raises Invalid."""
    first = parse_day(request.GET.get("from")) or otherwise[0]
    last = parse_day(request.GET.get("to")) or otherwise[1]
    if last < first:
        raise Invalid("The end date is before the start date.")
    return first, last


def _last_month(today: date) -> tuple[date, date]:
    """Its first and its last day."""
    last = today.replace(day=1) - timedelta(days=1)
    return last.replace(day=1), last
