"""The list behind the bell: what a customer was told on this site, the newest first."""

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from core.paging import page_before
from customers.models import Customer
from notices.selectors import page_notices_of
from notices.services.page_notices import mark_read
from storefront.decorators import customer_page
from web.requests import BrandRequest

PAGE = 30


@require_safe
@customer_page
def notices(request: BrandRequest, customer: Customer) -> HttpResponse:
    """One page of it. What a person looks at is read; what a browser fetches ahead is not."""
    rows = page_notices_of(customer.user, request.brand)
    page = page_before(rows, before=request.GET.get("before"), limit=PAGE)
    if request.method == "GET" and "prefetch" not in request.headers.get("Sec-Purpose", ""):
        mark_read(customer.user, page.items)
    context = {
        "rows": page.items,
        "older_url": f"?before={page.next_before}" if page.next_before else None,
        "is_first": "before" not in request.GET,
    }
    return render(request, "storefront/notices.html", context)
