"""Who may come in: pages of customers, pages that adults without an account see too, and how a failure becomes a page."""

from collections.abc import Callable
from functools import wraps
from typing import Any, Concatenate
from zoneinfo import ZoneInfo

from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from core.errors import DomainError
from customers.models import Customer
from customers.selectors import customer_of
from storefront import errors
from storefront.age_gate import adults_only
from storefront.ways import page_behind

CustomerView = Callable[Concatenate[HttpRequest, Customer, ...], HttpResponse]
OpenView = Callable[Concatenate[HttpRequest, Customer | None, ...], HttpResponse]


def customer_page(view: CustomerView) -> Callable[..., HttpResponse]:
    """Hands the logged-in customer to `view`, whose times are theirs; anybody else logs in or is told kindly.

    Who logs in comes back to this page, and from a form to the page it stood on.
    """

    @wraps(view)
    def door(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not request.user.is_authenticated:
            is_page = request.method in ("GET", "HEAD")
            return redirect_to_login(request.get_full_path() if is_page else page_behind(request))
        return _enter(request, view, *args, **kwargs)

    return door


def open_page(view: OpenView) -> Callable[..., HttpResponse]:
    """The same for a page that is open to every adult: `view` gets None for a visitor who passed the age gate."""

    @adults_only
    @wraps(view)
    def door(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if request.user.is_authenticated:
            return _enter(request, view, *args, **kwargs)
        try:
            return view(request, None, *args, **kwargs)
        except DomainError as error:
            return errors.page_of(request, error)

    return door


def _enter(request: HttpRequest, view: CustomerView, *args: Any, **kwargs: Any) -> HttpResponse:
    try:
        customer = customer_of(request.user)
        request.customer = customer  # type: ignore[attr-defined]  # for the frame (storefront.context)
        with timezone.override(ZoneInfo(customer.user.time_zone)):
            return view(request, customer, *args, **kwargs)
    except DomainError as error:
        return errors.page_of(request, error)
