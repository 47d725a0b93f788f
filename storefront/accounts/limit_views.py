"""Spending limits and breaks: how much one wants to spend, not being able to for a while, and leaving."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.contrib import messages
from django.contrib.auth import logout
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_safe

from billing.budget import read_budget
from billing.limit_names import amount_words, short_name, this
from billing.selectors import wallet_of
from billing.spending_limit import LimitLeft
from core import clock
from core.confirm import Confirmation, ask, is_confirmed, preview
from core.days import write_date
from core.errors import DomainError
from core.time_words import describe_time
from customers.models import Customer, SpendingLimit
from customers.services.limits import BREAKS, MOST, close_account, exclude_oneself, set_limit, take_break
from customers.states import LimitMeasure, LimitPeriod
from storefront.accounts.questions import (
    EXCLUSION_WORDS,
    break_question,
    closing_question,
    excluded_words,
    exclusion_question,
)
from storefront.decorators import customer_page
from web.forms import MoneyField, reason_of
from web.requests import BrandRequest

_BREAK_WORDS = {
    "day": gettext_lazy("24 hours"),
    "week": gettext_lazy("a week"),
    "month": gettext_lazy("a month"),
    "half-year": gettext_lazy("half a year"),
}
_PER = {
    LimitPeriod.DAY: gettext_lazy("Per day"),
    LimitPeriod.WEEK: gettext_lazy("Per week"),
    LimitPeriod.MONTH: gettext_lazy("Per month"),
}
_KINDS = tuple((measure, period) for measure in LimitMeasure for period in LimitPeriod)
_MINUTE = 60


def _name(measure: LimitMeasure, period: LimitPeriod) -> str:
    return f"{measure}_{period}"


class LimitsForm(forms.Form):
    """Most in a day, week, and month, in money and minutes; what is left empty is no limit."""

    def __init__(self, *args: Any, left: dict[str, str] | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for measure, period in _KINDS:
            label, words = _PER[period], (left or {}).get(_name(measure, period), "")
            self.fields[_name(measure, period)] = (
                MoneyField(label=label, required=False, max_minor=MOST[measure], help_text=words)
                if measure == LimitMeasure.MONEY
                else forms.IntegerField(
                    label=label, required=False, min_value=0, max_value=MOST[measure], help_text=words
                )
            )

    @property
    def money_fields(self) -> list[forms.BoundField]:
        return [self[_name(*kind)] for kind in _KINDS if kind[0] == LimitMeasure.MONEY]

    @property
    def minute_fields(self) -> list[forms.BoundField]:
        return [self[_name(*kind)] for kind in _KINDS if kind[0] == LimitMeasure.MINUTES]


class BreakForm(forms.Form):
    """How long."""

    length = forms.ChoiceField(
        label=gettext_lazy("For how long"), choices=[(key, _BREAK_WORDS[key]) for key in BREAKS]
    )


class ExclusionForm(forms.Form):
    """How long."""

    length = forms.ChoiceField(label=gettext_lazy("For how long"), choices=list(EXCLUSION_WORDS.items()))


class CloseForm(forms.Form):
    """Nobody closes an account by a slip."""

    sure = forms.BooleanField(
        label=gettext_lazy("Close my account"),
        error_messages={"required": gettext_lazy("Check the box to confirm.")},
    )


@dataclass(frozen=True, slots=True)
class _Limit:
    """One limit as it is now: minor units or minutes."""

    amount: int | None
    next_amount: int | None
    next_at: datetime | None  # None: nothing looser is to come


@require_safe
@customer_page
def limits(request: BrandRequest, customer: Customer) -> HttpResponse:
    """The limits, a break, self-exclusion, closing."""
    return _limits_page(request, customer)


@require_http_methods(["POST"])
@customer_page
def set_limits(request: BrandRequest, customer: Customer) -> HttpResponse:
    """Set or take off the limits that differ from what holds. `keep`: one that was to be loosened stays as it is."""
    now, waits = _limits_of(customer), False
    if (kept := request.POST.get("keep")) in now:
        measure, period = next(kind for kind in _KINDS if _name(*kind) == kept)
        set_limit(customer=customer, period=period, measure=measure, amount=now[kept].amount)
        messages.success(request, _("Your limit stays the same."))
        return redirect("limits")
    form = LimitsForm(request.POST)
    if not form.is_valid():
        return _limits_page(request, customer, limits=form)
    for measure, period in _KINDS:
        amount = form.cleaned_data[_name(measure, period)]
        if amount != now[_name(measure, period)].amount:
            waits |= not set_limit(customer=customer, period=period, measure=measure, amount=amount)
    messages.success(
        request,
        _("Saved. Limits you raised or removed will change in 24 hours.")
        if waits
        else _("Saved. Your limits are in effect."),
    )
    return redirect("limits")


@require_http_methods(["POST"])
@customer_page
def pause(request: BrandRequest, customer: Customer) -> HttpResponse:
    """Begin a break."""
    length, back = request.POST.get("length", ""), reverse("limits")
    try:
        if not is_confirmed(request):
            row = preview(lambda row: take_break(customer=customer, length=length))
            return _ask(request, break_question(row, length=str(_BREAK_WORDS[length]), back=back))
        row = take_break(customer=customer, length=length, reason=reason_of(request))
    except DomainError as error:
        messages.error(request, error.message)
        return redirect("limits")
    assert row.paused_until is not None
    until = row.paused_until.astimezone(ZoneInfo(customer.user.time_zone))
    messages.success(
        request,
        _("Calls and messages are off until %(date)s. Take care of yourself.") % {"date": write_date(until)},
    )
    return redirect("limits")


@require_http_methods(["POST"])
@customer_page
def exclude(request: BrandRequest, customer: Customer) -> HttpResponse:
    """Begin self-exclusion, after a second step that says what it means."""
    length, back = request.POST.get("length", ""), reverse("limits")
    try:
        if not is_confirmed(request):
            row = preview(lambda _: exclude_oneself(customer=customer, length=length))
            return _ask(request, exclusion_question(row, length=str(EXCLUSION_WORDS[length]), back=back))
        exclude_oneself(customer=customer, length=length, reason=reason_of(request))
    except DomainError as error:
        messages.error(request, error.message)
        return redirect("limits")
    messages.success(
        request, _("You’re self-excluded. We’ve emailed you what that means. Take care of yourself.")
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
    messages.success(request, _("Your account is closed. We’ve emailed you about what happens next."))
    return redirect("account_login")


def _ask(request: BrandRequest, confirmation: Confirmation) -> HttpResponse:
    context = {"title": confirmation.title, "question": ask(request, confirmation)}
    return render(request, "storefront/confirm.html", context)


def _limits_of(customer: Customer) -> dict[str, _Limit]:
    """Each limit by the name of its field."""
    at = clock.now()
    found = {_name(*kind): _Limit(None, None, None) for kind in _KINDS}
    for row in SpendingLimit.objects.filter(customer=customer):
        is_to_come = row.next_at is not None and row.next_at > at
        found[f"{row.measure}_{row.period}"] = _Limit(
            row.amount_at(at), row.next_amount, row.next_at if is_to_come else None
        )
    return found


def _left_words(limit: LimitLeft) -> str:
    left = limit.left if limit.is_money else limit.left // _MINUTE
    return _("%(amount)s left %(this_period)s.") % {
        "amount": amount_words(limit.measure, left),
        "this_period": this(limit.period),
    }


def _to_come(customer: Customer, now: dict[str, _Limit]) -> list[tuple[str, str]]:
    """Name of the field and words of each limit that will be looser."""
    words = []
    for measure, period in _KINDS:
        limit = now[_name(measure, period)]
        if limit.next_at is not None:
            amount = "none" if limit.next_amount is None else amount_words(measure, limit.next_amount)
            until = describe_time(limit.next_at, clock.now(), customer.user.time_zone)
            words.append(
                (
                    _name(measure, period),
                    _("Your %(limit)s changes to %(amount)s %(until)s.")
                    % {"limit": short_name(period, measure), "amount": amount, "until": until},
                )
            )
    return words


def _limits_page(request: BrandRequest, customer: Customer, **forms_: forms.Form) -> HttpResponse:
    at, now = clock.now(), _limits_of(customer)
    words = {_name(left.measure, left.period): _left_words(left) for left in read_budget(customer.pk).limits}
    initial = {}
    for measure, period in _KINDS:
        amount = now[_name(measure, period)].amount
        if amount is not None:
            shown = f"{amount / 100:.2f}" if measure == LimitMeasure.MONEY else str(amount)
            initial[_name(measure, period)] = shown
    form = forms_.get("limits")
    context = {
        "limits_form": LimitsForm(form.data, left=words) if form else LimitsForm(initial=initial, left=words),
        "to_come": _to_come(customer, now),
        "break_form": BreakForm(),
        "exclusion_form": ExclusionForm(),
        "excluded_until": excluded_words(customer) if customer.is_excluded(at) else "",
        "paid_minor": max(0, wallet_of(customer.pk).paid_minor),
        "close_form": forms_.get("closing") or CloseForm(),
        "paused_until": customer.paused_until if customer.is_paused(at) else None,
        "is_closed": customer.closed_at is not None,
    }
    return render(request, "storefront/account/limits.html", context)
