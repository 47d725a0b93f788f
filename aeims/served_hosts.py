"""Whether a host is one of ours, for the proxy: it asks before it gets a certificate for a host that somebody named."""

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from aeims.hosts import site_of
from web.requests import Site

_PUBLIC = {Site.BRAND, Site.PORTAL, Site.ADMIN}


@require_safe
def is_served(request: HttpRequest) -> HttpResponse:
    """200 for a host of an active brand, of the portal, or of the admin in `?domain=`; 404 for any other. Not by the proxy."""
    site, _ = site_of(request.GET.get("domain", ""))
    return HttpResponse(status=200 if site in _PUBLIC else 404)
