"""A copy of everything that is kept about a customer."""

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from customers.models import Customer
from privacy.services.export_data import latest_export
from storefront.decorators import customer_page
from web.data_copy import post_export, zip_response
from web.requests import BrandRequest


@require_http_methods(["GET", "HEAD", "POST"])
@customer_page
def data(request: BrandRequest, customer: Customer) -> HttpResponse:
    """Ask for it, or see how far it is."""
    user = customer.user
    if request.method == "POST":
        return post_export(request, user, brand=request.brand, back=reverse("data"))
    return render(request, "storefront/account/data.html", {"export": latest_export(user=user, actor=user)})


@require_safe
@customer_page
def download(request: BrandRequest, customer: Customer, reference: str) -> HttpResponse:
    """The file."""
    return zip_response(reference, customer.user)
