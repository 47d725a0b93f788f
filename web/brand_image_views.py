"""The brand's drawn icon and card, on customer sites. No age is asked: phones and link previews fetch them."""

from django.http import Http404, HttpResponse
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe

from brands.themes import theme_of
from web.brand_images import ICON_SIZES, draw_card, draw_icon
from web.requests import BrandRequest


@require_safe
@cache_control(public=True, max_age=86_400)
def icon(request: BrandRequest, size: int) -> HttpResponse:
    """A square PNG. Raises Http404 for a size that no page names."""
    if size not in ICON_SIZES:
        raise Http404("There is no icon of this size.")
    brand = request.brand
    return HttpResponse(draw_icon(brand.name, theme_of(brand), size), content_type="image/png")


@require_safe
@cache_control(public=True, max_age=86_400)
def app_icon(request: BrandRequest, size: int) -> HttpResponse:
    """The same for home screens and lock screens: the first letter of the app's name. Raises Http404."""
    if size not in ICON_SIZES:
        raise Http404("There is no icon of this size.")
    brand = request.brand
    return HttpResponse(draw_icon(brand.app_title, theme_of(brand), size), content_type="image/png")


@require_safe
@cache_control(public=True, max_age=86_400)
def card(request: BrandRequest) -> HttpResponse:
    """The picture that goes with links to the site, 1200 x 630."""
    brand = request.brand
    return HttpResponse(draw_card(brand.name, brand.tagline, theme_of(brand)), content_type="image/png")
