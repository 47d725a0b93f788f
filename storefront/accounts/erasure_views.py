"""Have one's data deleted: what goes and what stays is said first, and it can be taken back for some days."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from core.errors import DomainError
from customers.models import Customer
from privacy.services.request_erasure import cancel_erasure
from storefront.decorators import customer_page
from web.erasure import EraseForm, erasure_context, is_erasure_requested
from web.requests import BrandRequest


@require_http_methods(["GET", "POST"])
@customer_page
def erase(request: BrandRequest, customer: Customer) -> HttpResponse:
    """What is deleted and what is kept; why it can't be done now, or the form."""
    form = EraseForm(request.POST or None)
    url = request.build_absolute_uri(reverse("account"))
    if request.method == "POST" and is_erasure_requested(form, customer.user, url=url):
        messages.success(
            request, _("Your account is closed, and your data will be deleted. We’ve emailed you.")
        )
        return redirect("account")
    return render(request, "storefront/account/erase.html", erasure_context(customer.user, form))


@require_POST
@customer_page
def keep(request: BrandRequest, customer: Customer) -> HttpResponse:
    """Take it back."""
    try:
        cancel_erasure(user=customer.user, actor=customer.user)
        messages.success(request, _("Nothing will be deleted."))
    except DomainError as error:
        messages.error(request, error.message)
    return redirect("account")
