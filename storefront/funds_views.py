"""Adding funds by card, where a payment stands, and money back to the card; where no card is taken, a request to staff."""

import uuid
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.contrib import messages
from django.core.cache import cache
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import get_script_prefix, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from billing.gateways import gateway_named
from billing.models import Case, FundsRequest, Payment
from billing.payment_rules import network_hash_of
from billing.services.pay_back import pay_back, returnable_of
from billing.services.receive_notice import ask_soon
from billing.services.request_funds import request_funds
from billing.services.start_payment import start_payment, start_saved_card_payment
from billing.states import FundsRequestState
from core.errors import Conflict, DomainError, NotFound, Unavailable
from customers.models import Customer
from operators.models import Operator
from storefront.decorators import customer_page
from storefront.legal import agreements_first
from storefront.load_offers import LoadOffer, load_offer
from storefront.payment_states import payment_status
from storefront.reserve import box_of_reserved, reserve_box
from telephony.selectors import call_of
from telephony.services.add_funds_in_call import add_funds_by_tap
from web.actions import refuse, succeed
from web.forms import MoneyField
from web.redirects import referring_page, safe_next
from web.requests import BrandRequest

OTHER = "other"
ASKED_AGAIN_AFTER = 3  # seconds: a page that is loaded again and again asks the processor so often at most


class LoadForm(forms.Form):
    """One of the amounts offered, or another one."""

    choice = forms.ChoiceField(widget=forms.RadioSelect, label=gettext_lazy("Amount"))

    def __init__(self, data: Any, offer: LoadOffer, **kwargs: Any) -> None:
        super().__init__(data, **kwargs)
        choices = [(str(amount.minor), amount.label) for amount in offer.amounts]
        field = self.fields["choice"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [*choices, (OTHER, _("Other amount"))]
        self.fields["other"] = MoneyField(
            label=_("Other amount, in dollars"), required=False, min_minor=offer.room.smallest_minor,
            max_minor=max(offer.room.largest_minor, offer.room.smallest_minor), placeholder="40.00",
        )  # fmt: skip
        if choices:
            self.initial.setdefault("choice", choices[min(1, len(choices) - 1)][0])
        else:
            self.initial.setdefault("choice", OTHER)

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


class FundsForm(forms.Form):
    """How much, and what staff should know."""

    amount = MoneyField(
        label=gettext_lazy("How much would you like to add?"), min_minor=100, max_minor=10_000_000, help_text=gettext_lazy("In dollars."),
        placeholder="50.00",
    )  # fmt: skip
    words = forms.CharField(
        label=gettext_lazy("Anything we should know (optional)"), required=False, max_length=500,
        widget=forms.Textarea(attrs={"rows": 3}),
    )  # fmt: skip


@require_http_methods(["GET", "POST"])
@customer_page
@agreements_first
def funds(request: BrandRequest, customer: Customer) -> HttpResponse:
    """The amounts, or what is in the way. A POST begins the payment and leads to the card company's page."""
    network = _network(request)
    offer = load_offer(customer, request.brand, _operator(request), network)
    form = LoadForm(request.POST if request.method == "POST" else None, offer)
    if request.method == "POST" and offer.takes_cards and form.is_valid():
        begin = start_saved_card_payment if "saved" in request.POST else start_payment
        try:
            payment = begin(
                customer=customer,
                brand=request.brand,
                amount_minor=form.amount_minor,
                return_path=_return_path(request),
                network_hash=network,
            )
            return _lead_on(request, payment)
        except DomainError as error:
            form.add_error(None, error.message)
    response = render(request, "storefront/funds.html", _page(request, customer, offer, form))
    if offer.account is not None:  # the form leads there, which the policy of our pages has to allow
        response._csp_update = {"form-action": list(gateway_named(offer.account.gateway).form_origins())}  # type: ignore[attr-defined]
    return response


@require_POST
@customer_page
def add_in_call(request: BrandRequest, customer: Customer, call_id: str) -> HttpResponse:
    """One tap in a running call: charge the saved card. Who has none comes to the page for adding funds, and back to the call."""
    call = call_of(customer, call_id)
    page = f"{reverse('operator', args=[call.operator.slug])}?{urlencode({'call': call.call_id})}"
    try:
        add_funds_by_tap(customer=customer, call_id=call_id, network_hash=_network(request))
    except (NotFound, Unavailable):
        return redirect(f"{reverse('funds')}?{urlencode({'next': page, 'operator': call.operator.slug})}")
    except DomainError as error:
        return refuse(request, error, then=page)
    return succeed(request, then=page)


@require_http_methods(["GET", "POST"])
@customer_page
@agreements_first
def ask_staff(request: BrandRequest, customer: Customer) -> HttpResponse:
    """For those who can't, or don't want to, pay by card: a request that staff answer."""
    form = FundsForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            request_funds(
                customer=customer,
                brand=request.brand,
                amount_minor=form.cleaned_data["amount"],
                words=form.cleaned_data["words"],
            )
            messages.success(request, _("We have your request and will answer by email."))
            return redirect("funds-request")
        except DomainError as error:
            form.add_error(None, error.message)
    waiting = FundsRequest.objects.filter(customer=customer, state=FundsRequestState.WAITING).first()
    return render(request, "storefront/funds_request.html", {"form": form, "waiting": waiting})


@require_safe
@customer_page
def payment(request: BrandRequest, customer: Customer, public_id: uuid.UUID) -> HttpResponse:
    """Where a payment stands; it follows by itself. The card company sends people back here."""
    row = (
        Payment.objects.filter(customer=customer, public_id=public_id)
        .select_related("merchant_account")
        .first()
    )
    if row is None:
        raise NotFound(_("Payment not found."))
    if row.is_open and cache.add(f"payment-asked.{row.pk}", 1, ASKED_AGAIN_AFTER):
        ask_soon(row.pk)
    case = Case.objects.filter(customer=customer, reference=row.reference).order_by("-id").first()
    box = box_of_reserved(customer, request.brand)
    return render(
        request, "storefront/payment.html", {"status": payment_status(row), "case": case, "box": box}
    )


@require_http_methods(["GET", "POST"])
@customer_page
def pay_back_page(request: BrandRequest, customer: Customer) -> HttpResponse:
    """What goes back to the card, what can't, and what ends with it; the second click sends it."""
    error = ""
    if request.method == "POST":
        try:
            pay_back(customer=customer, expected_minor=_number(request.POST.get("amount")))
            messages.success(request, _("It’s on its way to your card. That takes 3 to 10 days."))
            return redirect("dashboard")
        except (Conflict, DomainError) as refusal:
            error = refusal.message
    context = {"found": returnable_of(customer), "error": error}
    return render(request, "storefront/pay_back.html", context, status=409 if error else 200)


def _page(request: BrandRequest, customer: Customer, offer: LoadOffer, form: LoadForm) -> dict[str, Any]:
    operator = _operator(request)
    return {
        "offer": offer,
        "form": form,
        "next": _return_path(request),
        "operator": request.GET.get("operator") or request.POST.get("operator") or "",
        "box": reserve_box(customer, operator, request.brand) if operator else None,
        "returnable": returnable_of(customer),
    }


def _lead_on(request: HttpRequest, payment: Payment) -> HttpResponse:
    """To the processor's page, or where a charge of a saved card is followed."""
    ours = reverse("payment", args=[payment.public_id])
    if payment.saved_from_id:
        return redirect(ours)
    gateway = gateway_named(payment.merchant_account.gateway)
    return redirect(gateway.start(payment, return_url=request.build_absolute_uri(ours)))


def _operator(request: BrandRequest) -> Operator | None:
    """Whom the money is meant for: named in the address, on this site."""
    slug = (request.GET.get("operator") or request.POST.get("operator") or "")[:80]
    if not slug or "\x00" in slug:
        return None
    return Operator.objects.filter(slug=slug, listings__brand=request.brand).first()


def _return_path(request: BrandRequest) -> str:
    """Where the customer goes on afterwards: where the link said, or the page they came from, but for our own."""
    came_from = referring_page(request)
    is_elsewhere = came_from != get_script_prefix() and not came_from.startswith(reverse("funds"))
    return safe_next(request, came_from if is_elsewhere else reverse("dashboard"))


def _network(request: HttpRequest) -> bytes | None:
    return network_hash_of(request.META.get("REMOTE_ADDR", ""))


def _number(text: str | None) -> int:
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 12 else -1
