"""The tax form of an applicant or operator: what is on file, and the forms to sign a new one."""

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods

from core import clock
from core.errors import DomainError, NotFound
from customers.models import User
from operators.models import Application
from operators.services.tax_forms import sign_tax_form
from operators.states import ApplicationState, TaxForm
from operators.tax_forms import EDITION, day_of, is_valid_on, newest
from portal.apply_views import person_page
from portal.tax_forms import FORMS, started
from web.requests import SiteRequest


@require_GET
@person_page
def tax_form(request: SiteRequest, user: User) -> HttpResponse:
    """The form on file, without what it says, and which one to fill in."""
    application = _application(request, user)
    form = newest(user.pk)
    context = {
        "form": form,
        "is_valid": form is not None and is_valid_on(form, day_of(user, clock.now())),
        "before": user.tax_forms.order_by("-pk")[1:],
        "may_sign": request.operator is not None
        or (application is not None and application.state not in _SENT),
    }
    return render(request, "portal/tax_form.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@person_page
def sign(request: SiteRequest, user: User, kind: str) -> HttpResponse:
    """One form; a post signs it."""
    application = _application(request, user)
    if request.method != "POST":
        return _page(request, kind, started(kind, application))
    form = FORMS[kind](request.POST)
    if form.is_valid():
        try:
            sign_tax_form(
                user=user,
                kind=kind,
                fields=form.fields_of_the_form,
                typed_name=form.cleaned_data["typed_name"],
                address=request.META.get("REMOTE_ADDR"),
            )
        except DomainError as error:
            form.add_error(error.extra.get("field"), error.message)
            return _page(request, kind, form, status=error.status)
        messages.success(request, "Signed. Thank you.")
        return HttpResponseRedirect(reverse("portal:tax-form" if request.operator else "portal:apply"))
    return _page(request, kind, form, status=400)


_SENT = (ApplicationState.SUBMITTED, ApplicationState.DECLINED)


def _application(request: SiteRequest, user: User) -> Application | None:
    """Raises NotFound for who has neither applied nor works."""
    application = Application.objects.filter(user=user).first()
    if application is None and request.operator is None:
        raise NotFound("Start your application first.")
    return application


def _page(request: SiteRequest, kind: str, form: object, *, status: int = 200) -> HttpResponse:
    context = {"kind": kind, "name": TaxForm(kind).label, "form": form, "edition": EDITION}
    return render(request, "portal/tax_form_sign.html", context, status=status)
