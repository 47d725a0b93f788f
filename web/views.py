"""Pages and files that every site serves: icon, dark or light."""

from django.conf import settings
from django.http import HttpResponse, HttpResponsePermanentRedirect, HttpResponseRedirect
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_POST, require_safe

from web.frame import SCHEMES, PageFrame
from web.redirects import safe_next
from web.requests import SiteRequest

YEAR_SECONDS = 31_536_000


@require_safe
@cache_control(public=True, max_age=86_400)
def favicon(request: SiteRequest) -> HttpResponse:
    """Pages name their icon; this is for clients that ask without reading a page."""
    return HttpResponsePermanentRedirect(PageFrame(request, is_bare=True).touch_icon_url)


@require_POST
def scheme(request: SiteRequest) -> HttpResponse:
    """Dark or light, remembered for a year (`<scheme-toggle>` does the same in the page)."""
    response = HttpResponseRedirect(safe_next(request))
    if request.POST.get("scheme") in SCHEMES:
        response.set_cookie(
            settings.SCHEME_COOKIE_NAME,
            request.POST["scheme"],
            max_age=YEAR_SECONDS,
            samesite="Lax",
            secure=request.is_secure(),
        )
    return response
