"""Adding funds: until cards are taken, a request that staff answer."""

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from billing.models import FundsRequest
from billing.services.request_funds import request_funds
from billing.states import FundsRequestState
from core.errors import DomainError
from customers.models import Customer
from storefront.decorators import customer_page
from storefront.legal import agreements_first
from web.forms import MoneyField
from web.requests import BrandRequest


class FundsForm(forms.Form):
    """How much, and what staff should know."""

    amount = MoneyField(
        label="How much would you like to add?", min_minor=100, max_minor=10_000_000, help_text="In dollars.",
        placeholder="50.00",
    )  # fmt: skip
    words = forms.CharField(
        label="Anything we should know (optional)", required=False, max_length=500,
        widget=forms.Textarea(attrs={"rows": 3}),
    )  # fmt: skip


@require_http_methods(["GET", "POST"])
@customer_page
@agreements_first
def funds(request: BrandRequest, customer: Customer) -> HttpResponse:
    """The form, or the request that waits."""
    form = FundsForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            request_funds(
                customer=customer,
                brand=request.brand,
                amount_minor=form.cleaned_data["amount"],
                words=form.cleaned_data["words"],
            )
            messages.success(request, "We have your request, and answer by e-mail.")
            return redirect("funds")
        except DomainError as error:
            form.add_error(None, error.message)
    waiting = FundsRequest.objects.filter(customer=customer, state=FundsRequestState.WAITING).first()
    return render(request, "storefront/funds.html", {"form": form, "waiting": waiting})
