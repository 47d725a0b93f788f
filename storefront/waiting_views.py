"""Customers who wait for an operator. Thin: each view asks a selector or calls one service."""

from datetime import timedelta
from functools import partial

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from core import clock
from customers.models import Customer
from notices.states import NoticeKind
from operators.selectors import operator_by_slug
from storefront.call_panels import phone_of
from storefront.cards import card_of
from storefront.decorators import customer_page
from storefront.legal import agreements_first
from storefront.waiting import callback_words, told_by
from telephony.callbacks import ended_callbacks_of, open_callbacks_of
from telephony.services.request_callback import cancel_callback, request_callback
from telephony.services.watch_operator import (
    RINGS_FOR,
    cancel_watch,
    dismiss_news,
    ring_when_free,
    watch_operator,
)
from telephony.waiting import watches_of
from web.actions import run_service
from web.redirects import referring_page
from web.requests import BrandRequest


@require_safe
@customer_page
def waiting(request: BrandRequest, customer: Customer) -> HttpResponse:
    """Whom the customer waits for: callbacks, and who is to be told about; and how callbacks of the last day came to nothing."""
    at, zone = clock.now(), customer.user.time_zone
    watches = watches_of(customer.pk, at)
    ended = ended_callbacks_of(customer.pk, at)
    context = {
        "callbacks": [
            (row, card_of(row.operator, request.brand.currency)) for row in open_callbacks_of(customer.pk, at)
        ],
        "ended": [(row.operator, callback_words(row, row.operator.stage_name, zone)) for row in ended],
        "watches": [(watch, card_of(watch.operator, request.brand.currency)) for watch in watches],
        "told_by": told_by(customer.user, NoticeKind.WATCHED_FREE),
    }
    return render(request, "storefront/waiting.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@customer_page
@agreements_first
def callback(request: BrandRequest, customer: Customer, slug: str) -> HttpResponse:
    """What a callback is and costs, and asking for one."""
    operator = operator_by_slug(request.brand, slug)
    if request.method == "POST":
        rings = bool(request.POST.get("rings"))
        ask = partial(request_callback, customer=customer, operator_id=operator.pk, brand=request.brand)
        return run_service(
            request,
            lambda: ask(rings=rings),
            then=reverse("operator", args=[slug]),
            message=_("We’ve asked %(operator)s. You can leave this page.")
            % {"operator": operator.stage_name},
        )
    phone = phone_of(customer)
    context = {
        "operator": card_of(operator, request.brand.currency),
        "hint": phone.hint if phone else "",
        "told_by": told_by(customer.user, NoticeKind.CALLBACK_OFFERED),
    }
    return render(request, "storefront/callback.html", context)


@require_POST
@customer_page
def cancel(request: BrandRequest, customer: Customer, slug: str) -> HttpResponse:
    """No callback any more, or not the one that is offered."""
    operator = operator_by_slug(request.brand, slug)
    return run_service(
        request,
        lambda: cancel_callback(customer=customer, operator_id=operator.pk),
        then=referring_page(request),
        message=_("%(operator)s won’t call you back.") % {"operator": operator.stage_name},
    )


@require_POST
@customer_page
def watch(request: BrandRequest, customer: Customer, slug: str) -> HttpResponse:
    """Tell the customer once when the operator is free."""
    operator = operator_by_slug(request.brand, slug)
    return run_service(
        request,
        lambda: watch_operator(customer=customer, operator_id=operator.pk, brand=request.brand),
        then=reverse("operator", args=[slug]),
        message=_("We’ll tell you when %(operator)s’s free.") % {"operator": operator.stage_name},
    )


@require_http_methods(["GET", "HEAD", "POST"])
@customer_page
@agreements_first
def ring(request: BrandRequest, customer: Customer, slug: str) -> HttpResponse:
    """What it costs to have one's phone called when the operator is free, and asking for that."""
    operator = operator_by_slug(request.brand, slug)
    if request.method == "POST":
        return run_service(
            request,
            lambda: ring_when_free(customer=customer, operator_id=operator.pk, brand=request.brand),
            then=reverse("operator", args=[slug]),
            message=_("We’ll call you when %(operator)s’s free.") % {"operator": operator.stage_name},
        )
    phone = phone_of(customer)
    context = {
        "operator": card_of(operator, request.brand.currency),
        "hint": phone.hint if phone else "",
        "hours": RINGS_FOR // timedelta(hours=1),
    }
    return render(request, "storefront/ring_when_free.html", context)


@require_POST
@customer_page
def unwatch(request: BrandRequest, customer: Customer, slug: str) -> HttpResponse:
    """Don't."""
    operator = operator_by_slug(request.brand, slug)
    return run_service(
        request,
        lambda: cancel_watch(customer=customer, operator_id=operator.pk),
        then=referring_page(request),
        message=_("We won’t notify you about %(operator)s.") % {"operator": operator.stage_name},
    )


@require_POST
@customer_page
def dismiss(request: BrandRequest, customer: Customer) -> HttpResponse:
    """The customer has read who is free."""
    return run_service(request, lambda: dismiss_news(customer=customer), then=referring_page(request))
