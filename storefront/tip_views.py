"""Tipping the operator of a call: an amount, then what it comes to, then done. Works without scripts."""

from dataclasses import dataclass
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from billing import conf
from billing.services.tip import Tip
from billing.tips import operator_to_tip
from core import clock
from core.confirm import is_confirmed
from core.db import dry_run
from core.errors import DomainError, NotAllowed, NotFound
from core.ids import new_id
from core.money import format_money
from core.parse import whole_number
from customers.models import Customer
from storefront.decorators import customer_page
from storefront.legal import agreements_first
from storefront.tips import TalkLeft, talk_left
from telephony.models import Call
from telephony.selectors import call_of
from telephony.services.tip_on_call import tip_on_call
from web.forms import MoneyField
from web.requests import BrandRequest

AMOUNTS_MINOR = (500, 1_000, 2_000)
OTHER = "other"
MAX_KEY = 100


class TipForm(forms.Form):
    """One of the amounts offered, or another one."""

    choice = forms.ChoiceField(widget=forms.RadioSelect, label=gettext_lazy("Amount"))

    def __init__(self, data: Any = None, **kwargs: Any) -> None:
        super().__init__(data, **kwargs)
        rules = conf.tip_rules()
        offered = [minor for minor in AMOUNTS_MINOR if rules.smallest_minor <= minor <= rules.largest_minor]
        choices = [(str(minor), format_money(minor, conf.currency())) for minor in offered]
        field = self.fields["choice"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [*choices, (OTHER, _("Other amount"))]
        self.fields["other"] = MoneyField(
            label=_("Other amount, in dollars"), required=False, min_minor=rules.smallest_minor,
            max_minor=rules.largest_minor, placeholder="15.00",
        )  # fmt: skip
        self.initial.setdefault("choice", field.choices[0][0])

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        if cleaned.get("choice") == OTHER and "other" not in self.errors and not cleaned.get("other"):
            self.add_error("other", _("Enter an amount."))
        return cleaned

    @property
    def amount_minor(self) -> int:
        """Cents; of a valid form."""
        choice = self.cleaned_data["choice"]
        return int(self.cleaned_data["other"] if choice == OTHER else choice)


@dataclass(frozen=True, slots=True)
class Preview:
    """What a tip comes to: what the customer has left, and how long the running call lasts without it and after it."""

    tip: Tip
    before: TalkLeft
    after: TalkLeft

    @property
    def refund_hours(self) -> int:
        return conf.tip_rules().refund_hours


@require_http_methods(["GET", "HEAD", "POST"])
@customer_page
@agreements_first
def tip_page(request: BrandRequest, customer: Customer, call_id: str) -> HttpResponse:
    """The amounts; a POST shows what it comes to, and its own form gives it. Somebody else's call is not found."""
    call = call_of(customer, call_id)
    try:
        operator_to_tip(customer, call.operator_id, request.brand, clock.now())
    except NotAllowed as obstacle:  # of the account, such as a break, or new terms while a call runs
        context = {"call": call, "obstacle": obstacle.message, "back": _back(call)}
        return render(request, "storefront/tip.html", context)
    if is_confirmed(request):
        return _give(request, customer, call)
    form = TipForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            return _ask(request, customer, call, form.amount_minor)
        except NotFound:
            raise
        except DomainError as error:
            form.add_error(None, error.message)
    context = {"call": call, "form": form, "back": _back(call)}
    return render(request, "storefront/tip.html", context)


def _ask(
    request: BrandRequest, customer: Customer, call: Call, amount_minor: int, news: str = ""
) -> HttpResponse:
    """The page that says what the tip comes to, `news` above it. Raises what the service raises."""
    preview = _preview(request, customer, call, amount_minor)
    context = {"call": call, "preview": preview, "key": new_id("tip"), "back": _back(call), "news": news}
    return render(request, "storefront/tip_confirm.html", context)


def _cents(request: BrandRequest, name: str) -> int:
    return whole_number(request.POST.get(name, ""), most=99_999_999) or 0


def _preview(request: BrandRequest, customer: Customer, call: Call, amount_minor: int) -> Preview:
    """By giving it and taking it back. Raises what the service raises."""
    at, key = clock.now(), new_id("preview")
    before = talk_left(customer, at)

    def give() -> tuple[Tip, TalkLeft]:
        given = tip_on_call(
            customer=customer, call_id=call.call_id, brand=request.brand, amount_minor=amount_minor,
            idempotency_key=key,
        )  # fmt: skip
        return given, talk_left(customer, at)

    tip, after = dry_run(give)
    return Preview(tip, before, after)


def _give(request: BrandRequest, customer: Customer, call: Call) -> HttpResponse:
    try:
        given = tip_on_call(
            customer=customer,
            call_id=call.call_id,
            brand=request.brand,
            amount_minor=_cents(request, "amount"),
            agreed_minor=_cents(request, "total"),
            idempotency_key=request.POST.get("key", "")[:MAX_KEY],
        )
    except NotFound:
        raise
    except DomainError as error:
        if error.error_code == "price_changed":
            return _ask(request, customer, call, _cents(request, "amount"), error.message)
        messages.error(request, error.message)
        return redirect("tip", call_id=call.call_id)
    amount = format_money(given.amount_minor, given.currency)
    messages.success(
        request,
        _("You tipped %(operator)s %(amount)s. Thank you!")
        % {"operator": call.operator.stage_name, "amount": amount},
    )
    return redirect(_back(call))


def _back(call: Call) -> str:
    """Where the call is shown: its page while it runs, its receipt afterwards."""
    if call.is_live:
        return f"{reverse('operator', args=[call.operator.slug])}?call={call.call_id}"
    return reverse("receipt", args=[call.call_id])
