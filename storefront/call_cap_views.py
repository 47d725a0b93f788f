"""An amount or an end time for one call: as typed before it, and the page on which a running call is bounded."""

from collections.abc import Mapping
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods

from billing.call_caps import CallCap
from core import clock
from core.errors import DomainError, Invalid, NotFound
from customers.models import Customer
from storefront.decorators import customer_page
from telephony.cap_words import cap_words
from telephony.models import Call
from telephony.selectors import call_of
from telephony.services.cap_call import cap_call
from web.forms import MoneyField
from web.requests import BrandRequest

MOST_MINOR = 10_000_000
_DAY = timedelta(days=1)


class CapForm(forms.Form):
    """An amount, a time of the day, or both."""

    amount = MoneyField(
        label=_("Most this call can cost"), required=False, min_minor=1, max_minor=MOST_MINOR, placeholder="20.00",
        help_text=_("In dollars, for the whole call."),
    )  # fmt: skip
    until = forms.TimeField(
        label=_("End at"),
        required=False,
        widget=forms.TimeInput({"type": "time"}),
        help_text=_("Your local time."),
    )


def chosen_cap(data: Mapping[str, str], customer: Customer, at: datetime) -> CallCap:
    """What a form with these fields chose for a call; nothing is no bound. Raises Invalid with what is wrong."""
    form = CapForm({"amount": data.get("amount", ""), "until": data.get("until", "")})
    if not form.is_valid():
        raise Invalid(str(next(iter(form.errors.values()))[0]))
    return _cap(form, customer, at)


@require_http_methods(["GET", "HEAD", "POST"])
@customer_page
def cap_page(request: BrandRequest, customer: Customer, call_id: str) -> HttpResponse:
    """Bound the running call, or bound it closer. Somebody else's call is not found."""
    call = call_of(customer, call_id)
    back = f"{reverse('operator', args=[call.operator.slug])}?call={call.call_id}"
    if not call.is_live:
        return redirect(back)
    form = CapForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            cap_call(customer=customer, call_id=call_id, wanted=_cap(form, customer, clock.now()))
        except NotFound:
            raise
        except DomainError as error:
            form.add_error(None, error.message)
        else:
            messages.success(request, _words(customer, call_of(customer, call_id)))
            return redirect(back)
    context = {"call": call, "form": form, "words": _words(customer, call), "back": back}
    return render(request, "storefront/cap_call.html", context)


def _cap(form: CapForm, customer: Customer, at: datetime) -> CallCap:
    until: time | None = form.cleaned_data["until"]
    return CallCap(
        form.cleaned_data["amount"], None if until is None else _next(until, customer.user.time_zone, at)
    )


def _next(until: time, time_zone: str, at: datetime) -> datetime:
    """The next time that the clock there says so."""
    local = at.astimezone(ZoneInfo(time_zone))
    ends_at = local.replace(hour=until.hour, minute=until.minute, second=0, microsecond=0, fold=0)
    return ends_at if ends_at > local else ends_at + _DAY


def _words(customer: Customer, call: Call) -> str:
    return cap_words(call.authorization, customer)
