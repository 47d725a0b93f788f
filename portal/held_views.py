"""What is held of the operator's earnings: each line with its reasons, and a page of each, on which it is contested."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from billing.earnings import OperatorBalance
from billing.selectors import payable_minor
from billing.services.appeal_case import appeal_case
from billing.services.contest_earnings import contest_earnings
from core.errors import DomainError, NotFound
from operators.models import Operator
from portal.decorators import operator_page
from portal.held import ShownLine, line_of, lines_of
from portal.held_forms import AppealForm, ContestForm


@require_GET
@operator_page
def held(request: HttpRequest, operator: Operator) -> HttpResponse:
    """The longest held first, with what is owed, held, and available."""
    lines = lines_of(operator.pk)
    held_minor = sum(line.amount_minor for line in lines)
    balance = OperatorBalance(payable_minor(operator.pk), held_minor)
    return render(request, "portal/held.html", {"operator": operator, "lines": lines, "balance": balance})


@require_http_methods(["GET", "POST"])
@operator_page
def held_line(request: HttpRequest, operator: Operator, reference: str) -> HttpResponse:
    """Since when, why, and until when it is held; a POST contests it, once. Another operator's is not found."""
    line = line_of(operator.pk, reference)
    if request.method != "POST":
        return _page(request, operator, line, ContestForm())
    form = ContestForm(request.POST)
    if form.is_valid():
        try:
            case = contest_earnings(operator=operator, reference=reference, words=form.cleaned_data["words"])
        except DomainError as error:
            form.add_error(None, error.message)
        else:
            done = _("Thanks. We’re on it: your case is %(number)s.") % {"number": case.number}
            messages.success(request, done)
            return HttpResponseRedirect(reverse("portal:held-line", args=[reference]))
    return _page(request, operator, line, form, status=400)


@require_POST
@operator_page
def held_appeal(request: HttpRequest, operator: Operator, reference: str) -> HttpResponse:
    """Have someone else look at our answer."""
    line, form = line_of(operator.pk, reference), AppealForm(request.POST)
    if line.contest is None:
        raise NotFound(_("You haven’t contested this."))
    if form.is_valid():
        try:
            appeal_case(case_id=line.contest.pk, words=form.cleaned_data["words"])
        except DomainError as error:
            form.add_error(None, error.message)
        else:
            messages.success(request, _("Someone who didn’t write our answer will take a fresh look."))
            return HttpResponseRedirect(reverse("portal:held-line", args=[reference]))
    return _page(request, operator, line, ContestForm(), form, status=400)


def _page(
    request: HttpRequest, operator: Operator, line: ShownLine, form: ContestForm, appeal: AppealForm | None = None, *,
    status: int = 200,
) -> HttpResponse:  # fmt: skip
    context = {"operator": operator, "line": line, "form": form, "appeal": appeal or AppealForm()}
    return render(request, "portal/held_line.html", context, status=status)
