"""Addresses of the system before (PHP pages of its customer sites): links and bookmarks lead to the page of today."""

from django.http import HttpResponse, HttpResponsePermanentRedirect
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from core.errors import NotFound
from core.parse import MAX_ID, whole_number
from customers.models import Customer
from operators.selectors import listed_operator
from storefront.decorators import adult_page
from web.requests import BrandRequest

# Old file -> name of the page.
PAGES = {
    "index.php": "home",
    "login.php": "account_login",
    "register.php": "account_signup",
    "search-operators.php": "directory",
    "dashboard.php": "dashboard",
}


@require_safe
def page(request: BrandRequest, name: str) -> HttpResponse:
    """To a page that has no argument."""
    return HttpResponsePermanentRedirect(reverse(name))


@require_safe
@adult_page
def operator_profile(request: BrandRequest, customer: Customer | None) -> HttpResponse:
    """`operator-profile.php?id=22`: operators have the ids that they had. Raises NotFound."""
    number = whole_number(request.GET.get("id", ""), most=MAX_ID)
    if number is None:
        raise NotFound(_("Operator not found."))
    return HttpResponsePermanentRedirect(
        reverse("operator", args=[listed_operator(request.brand, number).slug])
    )


urlpatterns: list[URLPattern] = [
    *(path(old, page, {"name": name}, name=f"old-{name}") for old, name in PAGES.items()),
    path("operator-profile.php", operator_profile, name="old-operator"),
]
