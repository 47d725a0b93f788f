"""Payouts: what is owed, the cash of the coming weeks, runs, balances nobody asks for, and the totals of a year."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from backoffice.decorators import ask_staff, render_staff_page, staff_page
from backoffice.payout_questions import prepare_question
from backoffice.payout_rows import run_rows, year_rows
from billing.payouts.maturity import books_day
from billing.payouts.models import PayoutRun
from billing.payouts.outlook import dormant_balances, outlook
from billing.payouts.selectors import RunSums, in_transit, sums_of_runs
from billing.payouts.services.file_year import HEADER as FILING_HEADER
from billing.payouts.services.file_year import file_year
from billing.payouts.services.prepare_run import prepare_run
from billing.payouts.years import HEADER, csv_rows
from core import clock
from core.confirm import is_confirmed, preview
from core.csv_stream import csv_response
from core.errors import DomainError, NotFound
from core.money_pages import moves_money
from core.paging import page_before
from customers.models import User
from web.actions import refuse
from web.forms import reason_of

PAGE, DORMANT_SHOWN = 20, 50
_FIRST_YEAR, _LAST_YEAR = 2000, 2100


@require_GET
@staff_page("payouts.view_payoutrun")
def payouts(request: HttpRequest, staff: User) -> HttpResponse:
    """Sums of now, runs newest first, balances that a state may want, years."""
    at = clock.now()
    runs = PayoutRun.objects.select_related("prepared_by", "approved_by")
    page = page_before(runs, before=request.GET.get("before"), limit=PAGE)
    dormant = dormant_balances(at)
    count, total_minor = in_transit()
    return render_staff_page(
        request,
        "backoffice/payouts.html",
        title="Payouts",
        outlook=outlook(at),
        in_transit={"count": count, "total_minor": total_minor},
        rows=run_rows(page.items),
        older_url=f"?before={page.next_before}" if page.next_before else None,
        dormant=dormant[:DORMANT_SHOWN],
        more_dormant=max(0, len(dormant) - DORMANT_SHOWN),
        years=year_rows(books_day(at)),
    )


@require_POST
@staff_page("payouts.prepare_payouts")
def prepare(request: HttpRequest, staff: User) -> HttpResponse:
    """Ask with the figures, then write the run down."""
    back = reverse("backoffice:payouts")

    def run(_: str = "") -> tuple[PayoutRun, RunSums]:
        made = prepare_run(actor=staff)
        return made, sums_of_runs([made.pk])[made.pk]

    try:
        made, sums = run() if is_confirmed(request) else preview(run)
    except DomainError as error:
        return refuse(request, error, then=back)
    if not is_confirmed(request):
        return ask_staff(request, prepare_question(sums, back))
    messages.success(request, "Prepared. Someone else has to approve it.")
    return HttpResponseRedirect(reverse("backoffice:payout-run", args=[made.pk]))


@require_GET
@staff_page("payouts.view_payoutitem", "payouts.view_taxyear")
def year_csv(request: HttpRequest, staff: User, year: int) -> StreamingHttpResponse:
    """What each operator was paid in a year, as a 1099-NEC says it. Of taxpayer numbers the last four digits alone."""
    if not _FIRST_YEAR <= year <= _LAST_YEAR:
        raise NotFound("There is no such year.")
    rows = csv_rows(year)
    next(rows)  # the header
    return _kept_nowhere(csv_response(f"payouts-{year}.csv", list(HEADER), rows))


@require_POST
@staff_page("payouts.view_payoutitem", "operators.view_tax_form")
@moves_money
def filing_csv(request: HttpRequest, staff: User, year: int) -> HttpResponseBase:
    """The forms that are filed for a year, with whole taxpayer numbers, for a reason that is kept."""
    try:
        rows = file_year(year=year, reason=reason_of(request), actor=staff)
    except DomainError as error:
        return refuse(request, error, then=reverse("backoffice:payouts"))
    return _kept_nowhere(csv_response(f"1099-nec-{year}.csv", list(FILING_HEADER), rows))


def _kept_nowhere(response: StreamingHttpResponse) -> StreamingHttpResponse:
    response["Cache-Control"] = "private, no-store"
    return response
