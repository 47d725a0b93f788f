"""A customer who adds funds has an operator wait, or no longer. Thin: each view calls one service."""

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_POST

from customers.models import Customer
from operators.selectors import operator_by_slug
from storefront.decorators import customer_page
from telephony.services.reserve_operator import end_reservations, reserve_operator
from telephony.states import ReservationState
from web.actions import run_service
from web.redirects import referring_page
from web.requests import BrandRequest


@require_POST
@customer_page
def reserve(request: BrandRequest, customer: Customer, slug: str) -> HttpResponse:
    """Have the operator wait for two minutes."""
    operator = operator_by_slug(request.brand, slug)
    return run_service(
        request,
        lambda: reserve_operator(customer=customer, operator_id=operator.pk, brand=request.brand),
        then=referring_page(request),
    )


@require_POST
@customer_page
def release(request: HttpRequest, customer: Customer) -> HttpResponse:
    """Let whoever waits take other calls again."""
    return run_service(
        request,
        lambda: end_reservations(ReservationState.RELEASED, customer=customer.pk),
        then=referring_page(request),
    )
