"""One run of payouts: who gets what, a second person's approval, the bank's files, and what the bank says of them."""

from functools import partial

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from backoffice.decorators import ask_staff, render_staff_page, staff_page
from backoffice.payout_questions import (
    approve_question,
    cancel_question,
    counted,
    export_question,
    file_paid_question,
)
from backoffice.payout_rows import approver_obstacle, file_rows, formats_to_make, item_rows
from billing.payouts.models import PayoutFile, PayoutRun
from billing.payouts.selectors import sums_of_runs
from billing.payouts.services.approve_run import approve_run, cancel_run
from billing.payouts.services.export_run import export_run, open_file
from billing.payouts.services.mark_paid import mark_file_paid
from billing.payouts.states import FileFormat, ItemState
from core import clock
from core.confirm import is_confirmed, preview
from core.errors import Conflict, DomainError, Invalid
from core.money_pages import moves_money
from core.paging import page_before
from customers.models import User
from web.actions import refuse, run_service, succeed
from web.filters import parse_day
from web.forms import reason_of

PAGE = 100
_ENDING = {
    FileFormat.NACHA: ("ach", "text/plain; charset=us-ascii"),
    FileFormat.CSV: ("csv", "text/csv; charset=utf-8"),
}


@require_GET
@staff_page("payouts.view_payoutrun")
def run_page(request: HttpRequest, staff: User, number: int) -> HttpResponse:
    """Items newest first, sums by state, files, and what can be done next."""
    at = clock.now()
    rows = PayoutRun.objects.select_related("prepared_by", "approved_by")
    run = get_object_or_404(rows, pk=number)
    items = run.items.select_related("operator", "account")
    page = page_before(items, before=request.GET.get("before"), limit=PAGE)
    sums = sums_of_runs([run.pk])[run.pk]
    return render_staff_page(
        request,
        "backoffice/payout_run.html",
        title=f"Payout run {run.pk}",
        run=run,
        sums=sums,
        words=sums.words_for(run),
        is_waiting=run.approved_at is None and run.canceled_at is None,
        obstacle=approver_obstacle(run, staff, at),
        items=item_rows(page.items, at),
        older_url=f"?before={page.next_before}" if page.next_before else None,
        files=file_rows(run, at),
        formats=formats_to_make(run),
    )


@require_POST
@staff_page("payouts.approve_payouts")
@moves_money
def approve(request: HttpRequest, staff: User, number: int) -> HttpResponse:
    """Ask with count, sum, and who is left out; then debit."""
    decide = partial(approve_run, run_id=number, actor=staff)
    then = _url(number)
    if is_confirmed(request):
        return run_service(
            request, lambda: decide(reason=reason_of(request)), then=then, message="Approved and debited."
        )
    try:
        expected = preview(lambda reason: decide(reason=reason))
    except DomainError as error:
        return refuse(request, error, then=then)
    return ask_staff(request, approve_question(expected, then))


@require_POST
@staff_page("payouts.prepare_payouts")
def cancel(request: HttpRequest, staff: User, number: int) -> HttpResponse:
    """Ask, then give it up."""
    decide = partial(cancel_run, run_id=number, actor=staff)
    then = _url(number)
    if is_confirmed(request):
        return run_service(request, lambda: decide(reason=reason_of(request)), then=then, message="Canceled.")
    try:
        run = preview(lambda reason: decide(reason=reason))
    except DomainError as error:
        return refuse(request, error, then=then)
    return ask_staff(request, cancel_question(run, sums_of_runs([number])[number], then))


@require_POST
@staff_page("payouts.prepare_payouts")
@moves_money
def export(request: HttpRequest, staff: User, number: int) -> HttpResponse:
    """Ask, then make the bank's file, once."""
    then = _url(number)
    file_format = request.POST.get("format", "")
    if PayoutFile.objects.filter(run=number, format=file_format).exists():
        messages.info(request, "This file was made before. Download it below.")
        return succeed(request, then=then)

    def make(_: str = "") -> tuple[PayoutFile, int]:
        if file_format not in FileFormat.values:
            raise Invalid("Choose the NACHA file or the CSV file.")
        before = sums_of_runs([number])[number].count_of(ItemState.RETURNED)
        file = export_run(run_id=number, file_format=file_format, actor=staff)
        return file, sums_of_runs([number])[number].count_of(ItemState.RETURNED) - before

    if is_confirmed(request):
        return run_service(
            request, make, then=then, message="The file is made. Download it, and upload it at the bank."
        )
    try:
        expected, left_out = preview(make)
    except DomainError as error:
        return refuse(request, error, then=then)
    return ask_staff(request, export_question(expected, left_out, then))


@require_POST
@staff_page("payouts.prepare_payouts")
@moves_money
def download(request: HttpRequest, staff: User, number: int) -> HttpResponse:
    """The file byte for byte, for a reason that is kept."""
    row = get_object_or_404(PayoutFile, pk=number)
    try:
        file, data = open_file(file_id=number, reason=reason_of(request), actor=staff)
    except DomainError as error:
        return refuse(request, error, then=_url(row.run_id))
    ending, content_type = _ENDING[FileFormat(file.format)]
    answer = HttpResponse(data, content_type=content_type)
    answer["Content-Disposition"] = f'attachment; filename="payout-run-{file.run_id}.{ending}"'
    answer["Cache-Control"] = "private, no-store"
    return answer


@require_POST
@staff_page("payouts.prepare_payouts")
@moves_money
def file_paid(request: HttpRequest, staff: User, number: int) -> HttpResponse:
    """Ask, then book all of the file that is on its way as paid."""
    file = get_object_or_404(PayoutFile, pk=number)
    then = _url(file.run_id)
    reference = request.POST.get("bank_reference", "")

    def pay(_: str = "") -> int:
        paid_on = parse_day(request.POST.get("paid_on"))
        if paid_on is None:
            raise Invalid("Enter the bank’s date.", field="paid_on")
        count = mark_file_paid(file_id=number, paid_on=paid_on, bank_reference=reference, actor=staff)
        if not count:
            raise Conflict("Everything in this file is marked already.", code="nothing_open")
        return count

    try:
        count = pay() if is_confirmed(request) else preview(pay)
    except DomainError as error:
        return refuse(request, error, then=then)
    if is_confirmed(request):
        messages.success(request, f"{counted(count)} marked as paid.")
        return succeed(request, then=then)
    paid_on = parse_day(request.POST.get("paid_on"))
    assert paid_on is not None, "it was just read"
    return ask_staff(request, file_paid_question(file, count, paid_on, reference, then))


def _url(number: int) -> str:
    return reverse("backoffice:payout-run", args=[number])
