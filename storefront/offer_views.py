"""Entering the code of an offer."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from billing.offer_rules import describe
from billing.services.claim_offer import redeem_code
from core.errors import DomainError
from customers.models import Customer
from storefront.decorators import customer_page
from storefront.legal import agreements_first
from web.page_limits import forms_limited
from web.redirects import safe_next
from web.requests import BrandRequest


@require_POST
@forms_limited
@customer_page
@agreements_first
def offer_code(request: BrandRequest, customer: Customer) -> HttpResponse:
    """Give what the code gives, and say so; back to where it was entered."""
    try:
        claim = redeem_code(customer=customer, brand=request.brand, code=request.POST.get("code", ""))
        messages.success(request, _("You got %(gift)s.") % {"gift": describe(claim.offer, claim.bonus_minor)})
    except DomainError as error:
        messages.error(request, error.message)
    return redirect(safe_next(request, reverse("funds")))
