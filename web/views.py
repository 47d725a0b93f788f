"""Pages and files that every site serves: icon, portraits, dark or light."""

from django.conf import settings
from django.http import HttpResponse, HttpResponsePermanentRedirect, HttpResponseRedirect
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_POST, require_safe

from brands.themes import theme_of
from web.frame import SCHEMES, PageFrame
from web.generated_portraits import portrait
from web.redirects import safe_next
from web.requests import SiteRequest

YEAR_SECONDS = 31_536_000


@require_safe
@cache_control(public=True, max_age=86_400)
def favicon(request: SiteRequest) -> HttpResponse:
    """Pages name their icon; this is for clients that ask without reading a page."""
    return HttpResponsePermanentRedirect(PageFrame(request, is_bare=True).touch_icon_url)


@require_safe
@cache_control(public=True, max_age=86_400)
def portrait_svg(request: SiteRequest, seed: str) -> HttpResponse:
    """The generated portrait of a seed in the brand's colors."""
    drawing = portrait(seed, theme_of(request.brand).portraits)
    return HttpResponse(drawing, content_type="image/svg+xml; charset=utf-8")


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
