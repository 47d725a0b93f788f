"""Which host shows which site. Runs before sessions: it only reads the Host header and, for brands, one small table."""

from collections.abc import Callable
from typing import cast

from django.conf import settings
from django.http import (
    HttpRequest,
    HttpResponse,
    HttpResponseNotFound,
    HttpResponsePermanentRedirect,
    JsonResponse,
)
from django.middleware.common import CommonMiddleware

from brands.models import Brand
from brands.selectors import brand_of_host
from core.api import error_body
from web.requests import Site, SiteRequest

URLCONFS = {site: f"aeims.urls.{name}" for site, name in (
    (Site.BRAND, "storefront"), (Site.PORTAL, "portal"), (Site.ADMIN, "backoffice"), (Site.INTERNAL, "internal"),
)}  # fmt: skip


class SiteMiddleware:
    """Sets `request.site`, `request.brand` (None off the brand sites) and `request.urlconf`; an unknown host gets 404."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        site, brand = site_of(request.get_host())
        if site is None:
            return _nothing_here(request)
        site_request = cast(SiteRequest, request)
        site_request.site, site_request.brand, site_request.urlconf = site, brand, URLCONFS[site]
        site_request.customer = site_request.operator = None
        return self.get_response(request)


def _nothing_here(request: HttpRequest) -> HttpResponse:
    words = "There is no site at this address."
    if request.path.startswith("/api/"):
        return JsonResponse(error_body(words, "not_found"), status=404)
    return HttpResponseNotFound(words, content_type="text/plain")


class PermanentRedirect308(HttpResponsePermanentRedirect):
    """308: unlike 301, a client repeats a POST as a POST, with its body."""

    status_code = 308


class SlashMiddleware(CommonMiddleware):
    """Django's, whose redirect to the address with a slash at its end keeps the method."""

    response_redirect_class = PermanentRedirect308


def site_of(host_with_port: str) -> tuple[Site | None, Brand | None]:
    """The site and brand of a Host header; internal hosts are known before any table is read."""
    host = (
        host_with_port.rsplit("]", 1)[0].lstrip("[")
        if host_with_port.startswith("[")
        else host_with_port.split(":")[0]
    )
    host = host.lower().rstrip(".")
    if host in settings.INTERNAL_HOSTS:
        return Site.INTERNAL, None
    if host in settings.PORTAL_HOSTS:
        return Site.PORTAL, None
    if host in settings.ADMIN_HOSTS:
        return Site.ADMIN, None
    brand = brand_of_host(host)
    return (Site.BRAND, brand) if brand else (None, None)
