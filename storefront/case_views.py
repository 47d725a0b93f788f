"""A customer's problems: telling us about one on a receipt, the list of them, our answer, and an appeal."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from billing.cases import case_of, cases_of
from billing.models import Case
from billing.receipt_numbers import MistypedReceiptNumber, ReceiptNumber, ReceiptOf, read_receipt_number
from billing.services.appeal_case import appeal_case
from billing.services.open_case import open_case
from core.errors import DomainError, NotFound
from customers.models import Customer
from storefront.activity import row_of_transaction
from storefront.case_forms import AppealForm, CaseForm
from storefront.decorators import customer_page
from telephony.models import Call
from web.requests import BrandRequest


@require_safe
@customer_page
def cases(request: BrandRequest, customer: Customer) -> HttpResponse:
    """All of one's own, the newest first."""
    return render(request, "storefront/cases.html", {"cases": cases_of(customer)})


@require_http_methods(["GET", "POST"])
@customer_page
def new_case(request: BrandRequest, customer: Customer, number: str) -> HttpResponse:
    """What went wrong with what has this receipt number. Somebody else's is not found."""
    named, title, call_id = _thing(customer, number)
    form = CaseForm(request.POST if request.method == "POST" else None, named)
    if request.method == "POST" and form.is_valid():
        try:
            case = open_case(
                customer=customer, brand=request.brand, receipt=str(named), call_id=call_id, **form.cleaned_data
            )  # fmt: skip
            messages.success(
                request, _("Thanks. We’re on it: your case is %(number)s.") % {"number": case.number}
            )
            return redirect("case", number=case.number)
        except DomainError as error:
            form.add_error(None, error.message)
    return render(request, "storefront/case_new.html", {"form": form, "number": str(named), "title": title})


@require_safe
@customer_page
def case_page(request: BrandRequest, customer: Customer, number: str) -> HttpResponse:
    """Where it stands."""
    case = case_of(customer, number)
    return _case(request, case, AppealForm())


@require_POST
@customer_page
def appeal(request: BrandRequest, customer: Customer, number: str) -> HttpResponse:
    """Have somebody else look at it."""
    case = case_of(customer, number)
    form = AppealForm(request.POST)
    if form.is_valid():
        try:
            appeal_case(case_id=case.pk, words=form.cleaned_data["words"])
            messages.success(request, _("Someone who didn’t write our answer will take a fresh look."))
            return redirect("case", number=case.number)
        except DomainError as error:
            form.add_error(None, error.message)
    return _case(request, case, form)


def _case(request: BrandRequest, case: Case, form: AppealForm) -> HttpResponse:
    return render(request, "storefront/case.html", {"case": case, "form": form})


def _thing(customer: Customer, number: str) -> tuple[ReceiptNumber, str, str]:
    """The receipt number, what it is of in words, and the id of a call (empty for all else). Raises NotFound."""
    try:
        named = read_receipt_number(number)
    except MistypedReceiptNumber as error:
        raise NotFound(error.message) from None
    if named.of == ReceiptOf.CALL:
        call = Call.objects.filter(customer=customer, pk=named.id).select_related("operator").first()
        if call is not None and not call.is_live:
            with_whom = _("Call with %(operator)s") % {"operator": call.operator.stage_name}
            return named, _("A call") if call.is_hidden else with_whom, call.call_id
    if named.of == ReceiptOf.FUNDS and (found := row_of_transaction(customer, named.id)):
        row = found[0]
        named = read_receipt_number(row.number)  # a call's own, or the first transaction's of one thing
        return _thing(customer, row.number) if named.of == ReceiptOf.CALL else (named, row.title, "")
    raise NotFound(_("Receipt not found."))
