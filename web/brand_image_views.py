"""The brand's drawn icon and card, on customer sites. No age is asked: phones and link previews fetch them."""

from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe

from brands.models import Brand
from web.brand_images import ICON_SIZES, draw_card, draw_icon
from web.themes import theme_of


@require_safe
@cache_control(public=True, max_age=86_400)
def icon(request: HttpRequest, size: int) -> HttpResponse:
    """A square PNG. Raises Http404 for a size that no page names."""
    if size not in ICON_SIZES:
        raise Http404("There is no icon of this size.")
    brand = _brand(request)
    return HttpResponse(draw_icon(brand.name, theme_of(brand), size), content_type="image/png")


@require_safe
@cache_control(public=True, max_age=86_400)
def card(request: HttpRequest) -> HttpResponse:
    """The picture that goes with links to the site, 1200 x 630."""
    brand = _brand(request)
    return HttpResponse(draw_card(brand.name, brand.tagline, theme_of(brand)), content_type="image/png")


def _brand(request: HttpRequest) -> Brand:
    brand: Brand = request.brand  # type: ignore[attr-defined]  # set by aeims.hosts on these sites
    return brand
