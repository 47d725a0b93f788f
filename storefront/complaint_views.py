"""Complaints of anybody, without an account: the number is shown and mailed, and the mailed link shows where it stands."""

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from billing.case_rules import ANSWERED_WITHIN
from billing.cases import complaint_by_link, link_token
from billing.models import Case
from billing.services.appeal_case import appeal_case
from billing.services.open_case import open_complaint
from core.days import BOOKS_ZONE
from core.errors import DomainError
from storefront.case_forms import AppealForm, ComplaintForm
from web.decorators import failures_as_pages
from web.page_limits import forms_limited
from web.requests import BrandRequest


@require_http_methods(["GET", "POST"])
@forms_limited
@never_cache
def complaints(request: BrandRequest) -> HttpResponse:
    """The form, and what we promise."""
    initial = {"email": request.user.email} if request.user.is_authenticated else None
    form = ComplaintForm(request.POST if request.method == "POST" else None, initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            case = open_complaint(brand=request.brand, **form.cleaned_data)
            return redirect("complaint", number=case.number, token=link_token(case))
        except DomainError as error:
            form.add_error(None, error.message)
    return render(request, "storefront/complaints.html", {"form": form, "days": ANSWERED_WITHIN})


@require_safe
@failures_as_pages
@never_cache
def complaint(request: BrandRequest, number: str, token: str) -> HttpResponse:
    """Where it stands, for who has the link."""
    return _complaint(request, complaint_by_link(number, token), token, AppealForm())


@require_POST
@forms_limited
@failures_as_pages
@never_cache
def appeal(request: BrandRequest, number: str, token: str) -> HttpResponse:
    """Have somebody else look at it."""
    case = complaint_by_link(number, token)
    form = AppealForm(request.POST)
    if form.is_valid():
        try:
            appeal_case(case_id=case.pk, words=form.cleaned_data["words"])
            return redirect("complaint", number=case.number, token=token)
        except DomainError as error:
            form.add_error(None, error.message)
    return _complaint(request, case, token, form)


def _complaint(request: BrandRequest, case: Case, token: str, form: AppealForm) -> HttpResponse:
    """With times of New York: whoever has the link has no account that would say where they live."""
    with timezone.override(BOOKS_ZONE):
        return render(request, "storefront/complaint.html", {"case": case, "token": token, "form": form})
