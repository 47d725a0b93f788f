"""The account: who one is here, and how one logs in."""

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from billing.models.taxes import ZIP
from billing.tax_terms import is_anything_taxed
from customers.models import Customer
from customers.services.profile import save_profile
from privacy.services.request_erasure import waiting_erasure
from storefront.decorators import customer_page
from web import time_zones
from web.requests import BrandRequest


class ProfileForm(forms.Form):
    """Where one lives, by the clock and, where it matters, for the taxes."""

    time_zone = forms.ChoiceField(
        label=gettext_lazy("Time zone"),
        help_text=gettext_lazy("Sets the times you see and when your day starts."),
    )
    zip_code = forms.CharField(
        label=gettext_lazy("ZIP code"), required=False, max_length=5, validators=[ZIP], help_text=gettext_lazy("Decides which sales tax applies."),
        widget=forms.TextInput({"inputmode": "numeric", "autocomplete": "postal-code"}),
    )  # fmt: skip

    def __init__(self, *args: Any, asks_zip: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not asks_zip:
            del self.fields["zip_code"]
        field = self.fields["time_zone"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = time_zones.choices(self.initial["time_zone"])


@require_http_methods(["GET", "POST"])
@customer_page
def account(request: BrandRequest, customer: Customer) -> HttpResponse:
    """The overview and the profile."""
    initial = {
        "time_zone": customer.user.time_zone,
        "zip_code": customer.zip_code,
    }
    form = ProfileForm(request.POST or None, initial=initial, asks_zip=is_anything_taxed())
    if request.method == "POST" and form.is_valid():
        save_profile(customer=customer, **form.cleaned_data)
        messages.success(request, _("Saved."))
        return redirect("account")
    verified = [phone for phone in customer.phones.all() if phone.verified_at]
    erasure = waiting_erasure(customer.user)
    context = {"form": form, "customer": customer, "phones": verified, "erasure": erasure}
    return render(request, "storefront/account/account.html", context)
