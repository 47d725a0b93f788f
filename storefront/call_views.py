"""The price before a call, calling, and hanging up, by pages and form posts: the way that works without JavaScript."""

from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from core import clock
from core.errors import DomainError
from core.parse import whole_number
from core.push import time_sequence
from customers.models import Customer
from operators.models.operator import MOST_FIRST_MINUTES
from operators.selectors import operator_by_slug
from storefront.call_cap_views import chosen_cap
from storefront.call_panels import customer_panel, visitor_panel_for
from storefront.decorators import adult_page, customer_page
from storefront.legal import agreements_first
from telephony.models import Call
from telephony.selectors import call_of
from telephony.services.hang_up import hang_up_as_customer
from telephony.services.hide_call import hide_call
from telephony.services.initiate import initiate
from web.actions import refuse, run_service, succeed
from web.page_limits import limited
from web.requests import BrandRequest

MAX_KEY = 200


@require_http_methods(["GET", "HEAD", "POST"])
def call(request: BrandRequest, slug: str) -> HttpResponseBase:
    """What a call costs, and the one button that starts it."""
    return (start_call if request.method == "POST" else price_before_call)(request, slug=slug)


@never_cache
@limited
@adult_page
@agreements_first
def price_before_call(request: BrandRequest, customer: Customer | None, slug: str) -> HttpResponse:
    """Rate, fee, balance, minutes, and a bound for this call beside the button. `?sheet`: as a dialog for a page that is open."""
    operator = operator_by_slug(request.brand, slug)
    if customer is None:
        panel = visitor_panel_for(operator, request.brand, as_of=time_sequence())
    else:
        panel = customer_panel(customer, operator, request.brand, call_id=None, at=clock.now())
        if panel.is_running:
            return redirect("operator", slug=slug)
    template = (
        "storefront/price_sheet.html" if "sheet" in request.GET else "storefront/price_before_call.html"
    )
    return render(request, template, {"panel": panel})


@customer_page
def start_call(request: BrandRequest, customer: Customer, slug: str) -> HttpResponse:
    """Start a call and go to the operator's page, which shows how it stands or why there is none."""
    brand = request.brand
    operator = operator_by_slug(brand, slug)
    try:
        started = initiate(
            customer=customer,
            operator_id=operator.pk,
            brand=brand,
            idempotency_key=request.POST.get("key", "")[:MAX_KEY] or None,
            chosen=chosen_cap(request.POST, customer, clock.now()),
            expected_first_seconds=(whole_number(request.POST.get("first", ""), most=MOST_FIRST_MINUTES) or 0)
            * 60,
        )
    except DomainError as error:
        return refuse(request, error, then=reverse("operator", args=[slug]))
    return succeed(request, then=_page_of(started))


@require_POST
@customer_page
def hang_up(request: BrandRequest, customer: Customer, call_id: str) -> HttpResponse:
    """End or cancel a call and go back to the page that shows it."""
    then = _page_of(call_of(customer, call_id))
    return run_service(request, lambda: hang_up_as_customer(customer=customer, call_id=call_id), then=then)


@require_POST
@customer_page
def hide(request: BrandRequest, customer: Customer, call_id: str) -> HttpResponse:
    """Take a call out of the history."""
    hide_call(customer=customer, call_id=call_id)
    messages.success(request, _("Hidden. What it cost stays in your activity, without a name."))
    return redirect("activity")


def _page_of(call: Call) -> str:
    return f"{reverse('operator', args=[call.operator.slug])}?{urlencode({'call': call.call_id})}"
