"""The account: who one is here, how one logs in, how much one wants to spend, and leaving."""

from typing import Any
from zoneinfo import ZoneInfo, available_timezones

from django import forms
from django.contrib import messages
from django.contrib.auth import logout
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from billing.budget import read_budget
from billing.models.taxes import ZIP
from billing.tax_terms import is_anything_taxed
from core import clock
from core.confirm import Confirmation, ask, is_confirmed, preview
from core.errors import DomainError
from customers.models import Customer
from customers.services.limits import BREAKS, close_account, set_daily_limit, take_break
from customers.services.profile import save_profile
from privacy.services.request_erasure import waiting_erasure
from storefront.accounts.questions import break_question, closing_question
from storefront.decorators import customer_page
from web.forms import MoneyField, reason_of
from web.requests import BrandRequest

_BREAK_WORDS = {"day": "24 hours", "week": "a week", "month": "a month", "half-year": "half a year"}
_NEAR = ("America/", "Pacific/", "US/", "Canada/")  # the time zones of those whom we may ring


class ProfileForm(forms.Form):
    """Where one lives, by the clock, and what one wants email about."""

    time_zone = forms.ChoiceField(
        label="Time zone", help_text="Times on these pages, and when your day begins."
    )
    mails_receipts = forms.BooleanField(label="Send me each receipt by email", required=False)
    zip_code = forms.CharField(
        label="ZIP code", required=False, max_length=5, validators=[ZIP], help_text="Decides which sales tax applies.",
        widget=forms.TextInput({"inputmode": "numeric", "autocomplete": "postal-code"}),
    )  # fmt: skip

    def __init__(self, *args: Any, asks_zip: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not asks_zip:
            del self.fields["zip_code"]
        zones = sorted(zone for zone in available_timezones() if zone.startswith(_NEAR))
        field = self.fields["time_zone"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [(zone, zone.replace("_", " ")) for zone in zones]


class LimitForm(forms.Form):
    """An amount, or nothing for no limit."""

    limit = MoneyField(
        label="Most I want to spend in a day", required=False, max_minor=10_000_000,
        help_text="In dollars. Leave it empty for no limit.",
    )  # fmt: skip


class BreakForm(forms.Form):
    """How long."""

    length = forms.ChoiceField(label="For how long", choices=[(key, _BREAK_WORDS[key]) for key in BREAKS])


class CloseForm(forms.Form):
    """Nobody closes an account by a slip."""

    sure = forms.BooleanField(
        label="Close my account", error_messages={"required": "Tick the box if you are sure."}
    )


@require_http_methods(["GET", "POST"])
@customer_page
def account(request: BrandRequest, customer: Customer) -> HttpResponse:
    """The overview and the profile."""
    initial = {
        "time_zone": customer.user.time_zone,
        "mails_receipts": customer.mails_receipts,
        "zip_code": customer.zip_code,
    }
    form = ProfileForm(request.POST or None, initial=initial, asks_zip=is_anything_taxed())
    if request.method == "POST" and form.is_valid():
        save_profile(customer=customer, **form.cleaned_data)
        messages.success(request, "Saved.")
        return redirect("account")
    verified = [phone for phone in customer.phones.all() if phone.verified_at]
    erasure = waiting_erasure(customer.user)
    context = {"form": form, "customer": customer, "phones": verified, "erasure": erasure}
    return render(request, "storefront/account/account.html", context)


@require_safe
@customer_page
def limits(request: BrandRequest, customer: Customer) -> HttpResponse:
    """The daily limit, a break, closing."""
    return _limits_page(request, customer)


@require_http_methods(["POST"])
@customer_page
def daily_limit(request: BrandRequest, customer: Customer) -> HttpResponse:
    """Set or take off the daily limit."""
    form = LimitForm(request.POST)
    if not form.is_valid():
        return _limits_page(request, customer, limit=form)
    holds = set_daily_limit(customer=customer, limit_minor=form.cleaned_data["limit"])
    messages.success(request, "The limit holds from now on." if holds else "The new limit holds in 24 hours.")
    return redirect("limits")


@require_http_methods(["POST"])
@customer_page
def pause(request: BrandRequest, customer: Customer) -> HttpResponse:
    """Begin a break."""
    length, back = request.POST.get("length", ""), reverse("limits")
    try:
        if not is_confirmed(request):
            row = preview(lambda _: take_break(customer=customer, length=length))
            return _ask(request, break_question(row, length=_BREAK_WORDS[length], back=back))
        row = take_break(customer=customer, length=length, reason=reason_of(request))
    except DomainError as error:
        messages.error(request, error.message)
        return redirect("limits")
    assert row.paused_until is not None
    until = row.paused_until.astimezone(ZoneInfo(customer.user.time_zone))
    messages.success(
        request, f"Calls and messages are off until {until:%B} {until.day}. Take care of yourself."
    )
    return redirect("limits")


@require_http_methods(["POST"])
@customer_page
def close(request: BrandRequest, customer: Customer) -> HttpResponse:
    """Close the account and log out."""
    form = CloseForm(request.POST)
    if not form.is_valid():
        return _limits_page(request, customer, closing=form)
    if not is_confirmed(request):
        return _ask(request, closing_question(customer, back=reverse("limits")))
    close_account(customer=customer, reason=reason_of(request))
    logout(request)
    messages.success(request, "Your account is closed. We've emailed you about what happens next.")
    return redirect("account_login")


def _ask(request: BrandRequest, confirmation: Confirmation) -> HttpResponse:
    context = {"title": confirmation.title, "question": ask(request, confirmation)}
    return render(request, "storefront/confirm.html", context)


def _limits_page(request: BrandRequest, customer: Customer, **forms_: forms.Form) -> HttpResponse:
    at = clock.now()
    now_minor = customer.daily_limit_at(at)
    initial = {} if now_minor is None else {"limit": f"{now_minor / 100:.2f}"}
    context = {
        "limit_form": forms_.get("limit") or LimitForm(initial=initial),
        "break_form": BreakForm(),
        "close_form": forms_.get("closing") or CloseForm(),
        "left_minor": read_budget(customer.pk).limit_left_minor,
        "next_at": customer.next_limit_at if customer.next_limit_at and customer.next_limit_at > at else None,
        "next_minor": customer.next_limit_minor,
        "paused_until": customer.paused_until if customer.is_paused(at) else None,
        "is_closed": customer.closed_at is not None,
    }
    return render(request, "storefront/account/limits.html", context)
