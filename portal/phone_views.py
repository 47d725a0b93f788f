"""The operator's phones: give a number, be called with a code, type it in; say which one is called first; remove one."""

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from core import clock
from core.errors import DomainError
from customers.models import PhoneVerification
from operators.models import Operator
from operators.services.phone_list import move_phone, remove_phone
from portal.decorators import operator_page
from portal.forms import PhoneForm
from portal.phone_list import phone_list
from portal.settings_pages import section_page, section_url
from telephony.services.verify_operator_phone import (
    confirm_operator_code,
    send_code_again,
    send_operator_code,
)
from web.actions import refuse, run_service


class CodeForm(forms.Form):
    """The digits that the voice said."""

    code = forms.CharField(
        label="6-digit code",
        max_length=20,
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "one-time-code"}),
    )


@require_GET
@operator_page
def phones(request: HttpRequest, operator: Operator) -> HttpResponse:
    """The phones in the order in which they ring."""
    return _page(request, operator, PhoneForm())


@require_http_methods(["GET", "HEAD", "POST"])
@operator_page
def phone(request: HttpRequest, operator: Operator) -> HttpResponse:
    """Call a number with a code, to add it to the phones."""
    if request.method != "POST":
        return redirect("portal:settings-phones")
    form = PhoneForm(request.POST)
    if not form.is_valid():
        return _page(request, operator, form, status=400)
    try:
        pending = send_operator_code(operator=operator, typed=form.cleaned_data["typed"])
    except DomainError as error:
        form.add_error("typed", error.message)
        return _page(request, operator, form, status=error.status)
    return redirect("portal:settings-phone-code", pending.reference)


@require_POST
@operator_page
def verify(request: HttpRequest, operator: Operator, number_id: int) -> HttpResponse:
    """Call a phone that is listed and isn't called, with a code."""
    try:
        pending = send_code_again(operator=operator, number_id=number_id)
    except DomainError as error:
        return refuse(request, error, then=_phones())
    return redirect("portal:settings-phone-code", pending.reference)


@require_POST
@operator_page
def move(request: HttpRequest, operator: Operator, number_id: int) -> HttpResponse:
    """Call a phone earlier (`direction` up) or later."""
    is_up = request.POST.get("direction") == "up"
    return run_service(
        request,
        lambda: move_phone(operator_id=operator.pk, number_id=number_id, up=is_up),
        then=_phones(),
        message="Saved. Your phones ring in this order.",
    )


@require_POST
@operator_page
def remove(request: HttpRequest, operator: Operator, number_id: int) -> HttpResponse:
    """Don't call a phone any more."""
    return run_service(
        request,
        lambda: remove_phone(operator_id=operator.pk, number_id=number_id),
        then=_phones(),
        message="Removed.",
    )


@require_http_methods(["GET", "POST"])
@operator_page
def code(request: HttpRequest, operator: Operator, reference: str) -> HttpResponse:
    """Where the spoken digits are typed. Somebody else's leads back to the phones."""
    own = PhoneVerification.objects.filter(user=operator.user, confirmed_at=None)
    pending = own.filter(reference=reference).first()
    if pending is None:
        return redirect("portal:settings-phones")
    form = CodeForm(request.POST or None)
    is_spent = pending.tries_left == 0 or pending.expires_at <= clock.now()
    if request.method == "POST" and form.is_valid():
        try:
            confirm_operator_code(operator=operator, reference=reference, code=form.cleaned_data["code"])
            messages.success(request, f"The phone that {pending.phone_number.hint} is verified.")
            return redirect(_phones())
        except DomainError as error:
            form.add_error("code", error.message)
            is_spent = error.extra.get("tries_left") == 0
    context = {
        "form": form,
        "reference": reference,
        "phone_hint": pending.phone_number.hint,
        "is_spent": is_spent,
        "operator": operator,
    }
    return render(request, "portal/phone_code.html", context)


def _page(request: HttpRequest, operator: Operator, form: PhoneForm, *, status: int = 200) -> HttpResponse:
    context = {"listed": phone_list(operator), "form": form}
    return section_page(request, operator, "phones", context, status=status)


def _phones() -> str:
    return section_url("phones")
