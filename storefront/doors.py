"""Who may come in: pages of customers, and how an expected failure becomes a page."""

from collections.abc import Callable
from functools import wraps
from typing import Any, Concatenate
from zoneinfo import ZoneInfo

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from core.errors import DomainError
from customers.models import Customer
from customers.selectors import customer_of
from storefront import errors

CustomerView = Callable[Concatenate[HttpRequest, Customer, ...], HttpResponse]


def customer_page(view: CustomerView) -> Callable[..., HttpResponse]:
    """Hands the logged-in customer to `view`, whose times are theirs; anybody else logs in or is told kindly."""

    @login_required
    @wraps(view)
    def door(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            customer = customer_of(request.user)
            request.customer = customer  # type: ignore[attr-defined]  # for the frame (storefront.context)
            with timezone.override(ZoneInfo(customer.user.time_zone)):
                return view(request, customer, *args, **kwargs)
        except DomainError as error:
            return errors.page_of(request, error)

    return door
