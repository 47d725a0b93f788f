"""Pages of the customer sites: each translates in, asks one or two selectors, renders."""

from dataclasses import replace

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_safe

from billing.models import MerchantAccount
from billing.selectors import free_minutes_of
from billing.services.rate_paid import paid_for
from billing.spending_limit import spent_this_month_minor
from brands.models import Brand
from core import clock
from core.push import time_sequence
from customers.models import Customer
from customers.states import ConsentKind
from notices.push_client import is_available
from operators.directory import favorite_ids
from operators.models import Operator
from operators.selectors import last_rating_for, operator_by_slug, rating_for, ratings_of
from operators.services.count_views import count_view
from storefront.after_call import after_call
from storefront.call_panel import CallPanelState
from storefront.call_panels import customer_panel, visitor_panel_for
from storefront.decorators import adult_page, customer_page
from storefront.help import topics, with_contents
from storefront.history import free_minutes_row, receipt_of, row_of
from storefront.landing import landing_of
from storefront.legal import agreements_first, document
from storefront.live import BAR
from storefront.offers import customer_offer
from storefront.reviews import star_bars
from storefront.schedules import schedule_of
from storefront.specimens import specimens_of
from storefront.tips import may_tip, tip_rows
from storefront.waiting import callback_box, similar_people, wait_box
from telephony.selectors import call_of, history_of
from web.age_gate import adults_only
from web.page_limits import limited
from web.requests import BrandRequest

RECENT_CALLS = 5
REVIEWS = 5


@require_safe
@limited
@adults_only
def home(request: BrandRequest) -> HttpResponse:
    """The landing page, with people who are available now; whoever is logged in is taken to the directory."""
    if request.user.is_authenticated and hasattr(request.user, "customer"):
        return redirect("directory")
    return render(request, "storefront/home.html", {"landing": landing_of(request, request.brand)})


@require_safe
@limited
@adult_page
@agreements_first
def operator(request: BrandRequest, customer: Customer | None, slug: str) -> HttpResponse:
    """One operator, with the call module. `?call=` names the customer's call whose end is to be shown."""
    who = operator_by_slug(request.brand, slug)
    if request.method == "GET" and "call" not in request.GET:  # the page of one's own call is no new look
        count_view(operator_id=who.pk, brand_id=request.brand.pk)
    context = (
        {**_for_everybody(who), **_for_customer(request, customer, who)}
        if customer
        else visitor_context(request.brand, who)
    )
    return render(request, "storefront/operator.html", context)


def visitor_context(brand: Brand, who: Operator) -> dict[str, object]:
    """What the page of an operator shows to somebody without an account."""
    panel = visitor_panel_for(who, brand, as_of=time_sequence())
    similar = similar_people(who, brand, panel)
    return {**_for_everybody(who), "panel": panel, "packages": [], "similar": similar}


def _for_everybody(who: Operator) -> dict[str, object]:
    return {
        "operator": who,
        "reviews": ratings_of(who)[:REVIEWS],
        "bars": star_bars(who),
        "schedule": schedule_of(who, clock.now()),
    }


def _for_customer(request: BrandRequest, customer: Customer, who: Operator) -> dict[str, object]:
    panel = customer_panel(
        customer,
        who,
        request.brand,
        call_id=request.GET.get("call"),
        at=clock.now(),
        is_favourite=bool(favorite_ids(customer.pk, [who])),
    )
    packages = [
        package for package in free_minutes_of(customer.pk, clock.now()) if package.operator_id == who.pk
    ]
    return {
        "panel": panel,
        "packages": [free_minutes_row(package) for package in packages],
        "callback_box": callback_box(customer, who, panel),
        "wait_box": wait_box(customer, who, request.brand, panel),
        "similar": similar_people(who, request.brand, panel, customer),
        "own_rating": last_rating_for(customer.pk, who.pk),
        "after": after_call(customer, panel, request.brand, clock.now()),
        "bar_call": panel.call if panel.state == CallPanelState.ELSEWHERE else None,
        "bar_region": f"{BAR}.{who.pk}",
    }


@require_safe
@customer_page
@agreements_first
def dashboard(request: BrandRequest, customer: Customer) -> HttpResponse:
    """The running call, the balance, free minutes, and the last calls."""
    packages = [free_minutes_row(package) for package in free_minutes_of(customer.pk, clock.now())]
    rows = [row_of(call) for call in history_of(customer)[:RECENT_CALLS]]
    spent_minor = spent_this_month_minor(customer, clock.now())
    context = {
        "packages": packages,
        "rows": rows,
        "spent_minor": spent_minor,
        "today": clock.now(),
        "offer": customer_offer(customer, request.brand),
    }
    return render(request, "storefront/dashboard.html", context)


@require_safe
@customer_page
def receipt(request: BrandRequest, customer: Customer, call_id: str) -> HttpResponse:
    """What one call came to; while it runs, the page where it runs. Somebody else's is not found."""
    call = call_of(customer, call_id)
    if call.is_live:
        return redirect("operator", slug=call.operator.slug)
    rating = rating_for(customer.pk, call.call_id)
    may_rate = rating is None and paid_for(customer.pk, call.call_id) is not None
    context = {
        "receipt": receipt_of(call),
        "call": call,
        "rating": rating,
        "may_rate": may_rate,
        "tips": tip_rows(call.call_id, clock.now()),
        "may_tip": may_tip(customer, call, request.brand, clock.now()),
    }
    return render(request, "storefront/receipt.html", context)


@require_safe
def help_page(request: BrandRequest, page: str = "index") -> HttpResponse:
    """How it works, safety, adding funds: plain pages, true for every brand."""
    account = MerchantAccount.objects.filter(brand=request.brand, is_active=True).first()
    context = {"brand": request.brand, "account": account, "topics": topics(request.path)}
    return render(request, f"storefront/help/{page}.html", context)


@require_safe
def discretion(request: BrandRequest) -> HttpResponse:
    """What others could see of an account here, with specimens of all of it."""
    context = {
        "specimens": specimens_of(request.brand),
        "has_push": is_available(),
        "topics": topics(request.path),
    }
    return render(request, "storefront/help/discretion.html", context)


@require_safe
def legal_page(request: BrandRequest, kind: str) -> HttpResponse:
    """Terms, privacy notice, prices: what customers agree to, as it counts now."""
    found = document(request.brand, ConsentKind(kind))
    html, contents = with_contents(found.html)
    context = {"document": replace(found, html=html), "contents": contents, "topics": topics(request.path)}
    return render(request, "storefront/help/legal.html", context)
