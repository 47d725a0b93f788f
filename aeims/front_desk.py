"""The page at an internal host: which site is where. For people who start the product and open localhost."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from brands.models import Brand


def front_desk(request: HttpRequest) -> HttpResponse:
    """Links to every site of this installation; says nothing else."""
    port = request.get_port()
    suffix = "" if port in ("80", "443") else f":{port}"
    sites = [
        (brand.name, f"{request.scheme}://{brand.hosts.first().host}{suffix}/")
        for brand in Brand.objects.filter(is_active=True, hosts__isnull=False).distinct()
    ]
    sites += [("Operators' portal", f"{request.scheme}://{settings.PORTAL_HOSTS[0]}{suffix}/")]
    sites += [("Back office", f"{request.scheme}://{settings.ADMIN_HOSTS[0]}{suffix}/")]
    return render(request, "front_desk.html", {"sites": sites})
