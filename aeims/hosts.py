"""Which host shows which site, and which hosts are answered at all.

`ALLOWED_HOSTS` names the hosts of the portal, the admin, our own processes, and the sandbox. A brand's hosts are rows: they are
accepted, by pages and sockets alike, as long as the brand is active (at most 5 s after a change, in every process).
Both middlewares run before sessions: they only read the Host header and, for brands, one small table.
"""

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
from django.http.request import split_domain_port, validate_host
from django.middleware.common import CommonMiddleware

from brands.models import Brand
from brands.selectors import brand_of_host
from core.api import error_body
from web.requests import Site, SiteRequest


class BrandHostMiddleware:
    """Has `request.get_host()` accept the hosts of active brands; for every other host Django's own rule stands.

    First of all middlewares: redirects to https, the CSRF check of the Origin header and absolute addresses all
    ask `get_host()`.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        host = request.headers.get("Host", "")
        domain, _ = split_domain_port(host)
        if domain and not validate_host(domain, settings.ALLOWED_HOSTS) and brand_of_host(domain):
            request.get_host = lambda: host  # type: ignore[method-assign]
        return self.get_response(request)


class SiteMiddleware:
    """Sets `request.site`, `request.brand` (None off the brand sites) and `request.urlconf`; an unknown host gets 404."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        site, brand = site_of(request.get_host())
        if site is None or (site is Site.INTERNAL and _came_by_a_proxy(request)):
            return _no_site(request)
        site_request = cast(SiteRequest, request)
        site_request.site, site_request.brand, site_request.urlconf = (
            site,
            brand,
            settings.SITE_URLCONFS[site],
        )
        site_request.customer = site_request.operator = None
        return self.get_response(request)


def _came_by_a_proxy(request: HttpRequest) -> bool:
    """In production our own processes connect directly. What a proxy passed on came from outside, whatever host it names."""
    return settings.IS_PRODUCTION and "X-Forwarded-For" in request.headers


def _no_site(request: HttpRequest) -> HttpResponse:
    text = "There’s no site at this address."
    if request.path.startswith(settings.API_PREFIX):
        return JsonResponse(error_body(text, "not_found"), status=404)
    return HttpResponseNotFound(text, content_type="text/plain; charset=utf-8")


class PermanentRedirect308(HttpResponsePermanentRedirect):
    """308: unlike 301, a client repeats a POST as a POST, with its body."""

    status_code = 308


class SlashMiddleware(CommonMiddleware):
    """Django's, whose redirect to the address with a slash at its end keeps the method."""

    response_redirect_class = PermanentRedirect308


def site_of(host_with_port: str) -> tuple[Site | None, Brand | None]:
    """The site and brand of a Host header; (None, None) for a host of nobody or a malformed one.

    Hosts of settings are looked at first, so they need no table.
    """
    domain, _ = split_domain_port(host_with_port)
    host = domain.strip("[]")
    for site, hosts in (
        (Site.INTERNAL, settings.INTERNAL_HOSTS),
        (Site.PORTAL, settings.PORTAL_HOSTS),
        (Site.ADMIN, settings.ADMIN_HOSTS),
        (Site.SANDBOX, () if settings.IS_PRODUCTION else settings.SANDBOX_HOSTS),
    ):
        if host in hosts:
            return site, None
    brand = brand_of_host(host)
    return (Site.BRAND, brand) if brand else (None, None)
