"""Becoming an operator: the page for visitors, the application step by step, and the contract."""

from collections.abc import Callable
from functools import wraps
from typing import Any, Concatenate

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from core import clock
from core.errors import DomainError, NotFound
from customers.models import User
from operators.contract import EDITION, has_signed
from operators.models import Application, ContractSignature, Operator
from operators.services.apply import OPEN, missing_steps, reapply, reapply_at, save_facts, submit_application
from operators.services.documents import add_document
from operators.services.sign_contract import show_contract, sign_contract
from operators.states import ApplicationState
from operators.tax_forms import newest
from portal.apply_forms import DocumentForm, FactsForm, SignForm
from portal.apply_steps import apply_steps
from portal.console_views import console
from portal.front import earnings_example
from web.actions import run_service
from web.decorators import failures_as_pages
from web.page_limits import forms_limited
from web.requests import SiteRequest

PersonView = Callable[Concatenate[SiteRequest, User, ...], HttpResponseBase]


def person_page(view: PersonView) -> Callable[..., HttpResponseBase]:
    """Pass whoever is logged in, operator or not; the header of operators is shown to operators alone."""

    @wraps(view)
    @login_required
    @failures_as_pages
    def wrapper(request: SiteRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        assert isinstance(request.user, User), "logged in"
        user = request.user
        request.operator = Operator.objects.filter(user=user).first()
        return view(request, user, *args, **kwargs)

    return wrapper


@require_GET
def home(request: SiteRequest) -> HttpResponseBase:
    """What one earns and how to apply, for who isn't logged in; the console of an operator; the application of who applied."""
    if not request.user.is_authenticated:
        return render(request, "portal/front.html", {"example": earnings_example()})
    if Application.objects.filter(user=request.user.pk, user__operator=None).exists():
        return HttpResponseRedirect(reverse("portal:apply"))
    return console(request)


@require_http_methods(["GET", "HEAD", "POST"])
@person_page
def apply(request: SiteRequest, user: User) -> HttpResponse:
    """How far the application is, and the forms of its steps; a post saves who they are."""
    if request.method != "POST":
        return _page(request, user)
    form = FactsForm(request.POST)
    return _saved(request, user, form, "facts", lambda: save_facts(user=user, **form.cleaned_data))


@require_POST
@forms_limited
@person_page
def document(request: SiteRequest, user: User) -> HttpResponse:
    """Photos of an ID."""
    form = DocumentForm(request.POST, request.FILES)

    def save() -> None:
        kind, expires_on = form.cleaned_data["kind"], form.cleaned_data["expires_on"]
        add_document(user=user, kind=kind, expires_on=expires_on, sides=form.sides())

    return _saved(request, user, form, "document", save)


@require_POST
@person_page
def submit(request: SiteRequest, user: User) -> HttpResponse:
    """Send it to staff."""
    return run_service(
        request,
        lambda: submit_application(user=user),
        then=reverse("portal:apply"),
        message="Sent. We’ll answer by email.",
    )


@require_POST
@person_page
def again(request: SiteRequest, user: User) -> HttpResponse:
    """Open it again after it was declined."""
    return run_service(
        request,
        lambda: reapply(user=user),
        then=reverse("portal:apply"),
        message="Your application is open again. Change what’s needed and send it.",
    )


@require_http_methods(["GET", "HEAD", "POST"])
@person_page
def contract(request: SiteRequest, user: User) -> HttpResponse:
    """The contract in force; a post signs it."""
    application = Application.objects.filter(user=user).first()
    if application is None and request.operator is None:
        raise NotFound("Start your application first.")
    shown = show_contract()
    form = SignForm(request.POST or None, initial={"digest": shown.digest})
    if request.method == "POST" and form.is_valid():
        try:
            sign_contract(
                user=user,
                typed_name=form.cleaned_data["typed_name"],
                digest=form.cleaned_data["digest"],
                address=request.META.get("REMOTE_ADDR"),
            )
        except DomainError as error:
            form.add_error("typed_name", error.message)
        else:
            messages.success(request, "Signed. Thank you.")
            return HttpResponseRedirect(reverse("portal:console" if request.operator else "portal:apply"))
    signature = ContractSignature.objects.filter(user=user, edition=EDITION).first()
    context = {"contract": shown, "form": form, "signature": signature}
    return render(request, "portal/contract.html", context, status=400 if form.errors else 200)


def _saved(
    request: SiteRequest, user: User, form: forms.Form, name: str, save: Callable[[], object]
) -> HttpResponse:
    if form.is_valid():
        try:
            save()
        except DomainError as error:
            form.add_error(None, error.message)
            return _page(request, user, status=error.status, **{name: form})
        messages.success(request, "Saved.")
        return HttpResponseRedirect(reverse("portal:apply"))
    return _page(request, user, status=400, **{name: form})


def _page(request: SiteRequest, user: User, *, status: int = 200, **bound: forms.Form) -> HttpResponse:
    application = Application.objects.select_related("user").filter(user=user).first()
    is_operator = request.operator is not None
    state = application.state if application else ApplicationState.DRAFT
    again_at = reapply_at(application) if application else None
    context = {
        "application": application,
        "is_operator": is_operator,
        "is_open": not is_operator and state in OPEN,
        "may_add_document": application is not None and (is_operator or state in OPEN),
        "documents": application.documents.order_by("-id") if application else [],
        "has_signed": has_signed(user.pk),
        "again_at": again_at,
        "may_apply_again": again_at is not None and again_at <= clock.now(),
        "steps": apply_steps(application) if application and state in OPEN else [],
        "missing": missing_steps(application) if application and state in OPEN else [],
        "facts": FactsForm.of(application),
        "document": DocumentForm(),
        "tax_form": newest(user.pk),
        **bound,
    }
    return render(request, "portal/apply.html", context, status=status)
