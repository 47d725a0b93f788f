"""Access without a card payment: apply, and enter the code that was mailed."""

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST

from billing.models import MerchantAccount
from core.errors import DomainError
from customers.models import AccessRequest, Customer
from customers.services.access_requests import MAX_WORDS, apply_for_access, enter_access_code
from storefront.decorators import customer_page
from storefront.legal import agreements_first
from web.page_limits import forms_limited
from web.redirects import safe_next
from web.requests import BrandRequest


class ApplicationForm(forms.Form):
    """Why somebody asks for a code."""

    words = forms.CharField(
        label=gettext_lazy("Why you’d like an access code"), max_length=MAX_WORDS,
        help_text=gettext_lazy("A sentence or two, such as why you can’t pay by card. Please don’t send any documents."),
        widget=forms.Textarea(attrs={"rows": 4}),
    )  # fmt: skip


@require_http_methods(["GET", "POST"])
@customer_page
@agreements_first
def access(request: BrandRequest, customer: Customer) -> HttpResponse:
    """What is needed before the first call, where an application stands, and the fields for it and for the code."""
    form = ApplicationForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            apply_for_access(customer=customer, brand=request.brand, words=form.cleaned_data["words"])
            messages.success(request, _("We have your application. We’ll answer by email."))
            return redirect("access")
        except DomainError as error:
            form.add_error(None, error.message)
    context = {
        "form": form,
        "last": AccessRequest.objects.filter(customer=customer).order_by("-id").first(),
        "has_access": bool(customer.adult_access_basis),
        "is_needed": request.brand.asks_access_basis,
        "takes_cards": MerchantAccount.objects.filter(brand=request.brand, is_active=True).exists(),
    }
    return render(request, "storefront/account/access.html", context)


@require_POST
@forms_limited
@customer_page
@agreements_first
def access_code(request: BrandRequest, customer: Customer) -> HttpResponse:
    """Let them in, if this is the code."""
    try:
        enter_access_code(customer=customer, code=request.POST.get("code", ""))
        messages.success(request, _("You have access. You can call now."))
        return redirect(safe_next(request, reverse("directory")))
    except DomainError as error:
        messages.error(request, error.message)
        return redirect("access")
