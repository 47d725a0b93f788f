"""Who may see a page: customers, or also adults without an account."""

from collections.abc import Callable
from functools import wraps
from typing import Any, Concatenate
from zoneinfo import ZoneInfo

from django.contrib.auth.views import redirect_to_login
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.utils import timezone

from customers.models import Customer
from customers.selectors import customer_of
from web.age_gate import adults_only
from web.decorators import failures_as_pages
from web.redirects import referring_page
from web.requests import BrandRequest

CustomerView = Callable[Concatenate[BrandRequest, Customer, ...], HttpResponseBase]
AdultView = Callable[Concatenate[BrandRequest, Customer | None, ...], HttpResponse]


def customer_page(view: CustomerView) -> Callable[..., HttpResponseBase]:
    """Pass the logged-in customer to `view`, whose times are theirs; others log in, or see that this is not for them.

    Whoever logs in comes back to this page, and from a form to the page it was on.
    """

    @wraps(view)
    @failures_as_pages
    def wrapper(request: BrandRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not request.user.is_authenticated:
            is_page = request.method in ("GET", "HEAD")
            return redirect_to_login(request.get_full_path() if is_page else referring_page(request))
        return _call_view(request, view, *args, **kwargs)

    return wrapper


def adult_page(view: AdultView) -> Callable[..., HttpResponseBase]:
    """The same for a page that every adult may see: `view` gets None for a visitor who passed the age gate."""

    @adults_only
    @wraps(view)
    @failures_as_pages
    def wrapper(request: BrandRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if request.user.is_authenticated:
            return _call_view(request, view, *args, **kwargs)
        return view(request, None, *args, **kwargs)

    return wrapper


def _call_view(request: BrandRequest, view: CustomerView, *args: Any, **kwargs: Any) -> HttpResponseBase:
    customer = customer_of(request.user)
    request.customer = customer  # for the page frame
    with timezone.override(ZoneInfo(customer.user.time_zone)):
        return view(request, customer, *args, **kwargs)
