"""A customer rates what they paid for: the form of a receipt and of a conversation posts here."""

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.views.decorators.http import require_POST

from billing.services.rate_paid import rate_paid
from core.errors import DomainError
from customers.models import Customer
from storefront.decorators import customer_page
from web.redirects import safe_next
from web.requests import BrandRequest


@require_POST
@customer_page
def rate(request: BrandRequest, customer: Customer) -> HttpResponse:
    """Stars and a review for the call or message of `reference`; then back to where the form was."""
    stars = request.POST.get("stars", "")
    try:
        rate_paid(
            customer=customer,
            reference=request.POST.get("reference", "")[:80],
            stars=int(stars) if stars in ("1", "2", "3", "4", "5") else 0,
            review=request.POST.get("review", ""),
        )
    except DomainError as error:
        messages.error(request, error.message)
    else:
        messages.success(request, "Thank you. Your rating helps others, and is read by the operator.")
    return HttpResponseRedirect(safe_next(request))
