"""The page at an internal host: which site is where. For people who start the product and open localhost."""

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render

from brands.models import BrandHost


def site_index(request: HttpRequest) -> HttpResponse:
    """Links to every site of this installation; says nothing else. Not in production: Raises Http404."""
    if settings.IS_PRODUCTION:
        raise Http404
    port = request.get_port()
    suffix = "" if port in ("80", "443") else f":{port}"
    hosts: dict[str, str] = {}
    for row in BrandHost.objects.filter(brand__is_active=True).select_related("brand"):
        hosts.setdefault(row.brand.name, row.host)
    sites = [(name, f"{request.scheme}://{host}{suffix}/") for name, host in hosts.items()]
    sites += [("Operators' portal", f"{request.scheme}://{settings.PORTAL_HOSTS[0]}{suffix}/")]
    sites += [("Back office", f"{request.scheme}://{settings.ADMIN_HOSTS[0]}{suffix}/")]
    return render(request, "site_index.html", {"sites": sites})
