"""Customers who wait for an operator. Thin: each view asks a selector or calls one service."""

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from core import clock
from customers.models import Customer
from notices.states import NoticeKind
from operators.selectors import operator_by_slug
from storefront.cards import card_of
from storefront.decorators import customer_page
from storefront.waiting import told_by
from telephony.services.watch_operator import cancel_watch, dismiss_news, watch_operator
from telephony.waiting import watches_of
from web.actions import run_service
from web.redirects import referring_page
from web.requests import BrandRequest


@require_safe
@customer_page
def waiting(request: BrandRequest, customer: Customer) -> HttpResponse:
    """Whom the customer waits to be told about."""
    watches = watches_of(customer.pk, clock.now())
    context = {
        "watches": [(watch, card_of(watch.operator, request.brand.currency)) for watch in watches],
        "told_by": told_by(customer.user, NoticeKind.WATCHED_FREE),
    }
    return render(request, "storefront/waiting.html", context)


@require_POST
@customer_page
def watch(request: BrandRequest, customer: Customer, slug: str) -> HttpResponse:
    """Tell the customer once when the operator is free."""
    operator = operator_by_slug(request.brand, slug)
    return run_service(
        request,
        lambda: watch_operator(customer=customer, operator_id=operator.pk, brand=request.brand),
        then=reverse("operator", args=[slug]),
        message=f"We’ll tell you when {operator.stage_name}’s free.",
    )


@require_POST
@customer_page
def unwatch(request: BrandRequest, customer: Customer, slug: str) -> HttpResponse:
    """Don't."""
    operator = operator_by_slug(request.brand, slug)
    return run_service(
        request,
        lambda: cancel_watch(customer=customer, operator_id=operator.pk),
        then=referring_page(request),
        message=f"We won’t tell you about {operator.stage_name}.",
    )


@require_POST
@customer_page
def dismiss(request: BrandRequest, customer: Customer) -> HttpResponse:
    """The customer has read who is free."""
    return run_service(request, lambda: dismiss_news(customer=customer), then=referring_page(request))
