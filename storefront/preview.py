"""An operator's page and card as a visitor of a brand sees them, drawn by this site's own templates for other sites.

`web.operator_preview` passes it on. The document can't be used: it is inert, and has no script.
"""

from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.template.loader import render_to_string
from django.urls import get_urlconf, reverse, set_urlconf
from django.utils import timezone

from brands.models import Brand
from operators.models import Operator
from storefront.cards import card_of
from storefront.views import visitor_context
from web.operator_preview import PreviewPart
from web.requests import BrandRequest, Site


def render_preview(operator: Operator, brand: Brand, part: PreviewPart) -> str:
    """The document. `operator` may hold values that are not saved."""
    before = get_urlconf()
    set_urlconf(settings.SITE_URLCONFS[Site.BRAND])
    try:
        with timezone.override(None):
            request = _visit(brand, reverse("operator", args=[operator.slug]))
            if part is PreviewPart.CARD:
                context: dict[str, object] = {"cards": [card_of(operator, brand.currency)]}
                context["name"] = operator.stage_name
                return render_to_string("storefront/preview_card.html", context, request=request)
            context = visitor_context(brand, operator)
            return render_to_string("storefront/operator.html", context, request=request)
    finally:
        set_urlconf(before)


def _visit(brand: Brand, path: str) -> BrandRequest:
    """What an adult who isn't logged in would ask the brand's site for."""
    request = BrandRequest()
    host = brand.hosts.first()
    request.method, request.path, request.path_info = "GET", path, path
    request.META = {"SERVER_NAME": host.host if host else "localhost", "SERVER_PORT": "443"}
    request.get_host = lambda: request.META["SERVER_NAME"]  # type: ignore[method-assign]
    request.COOKIES = {settings.AGE_COOKIE_NAME: "yes"}
    request.site, request.brand, request.user = Site.BRAND, brand, AnonymousUser()
    request.customer = request.operator = None
    vars(request)["is_preview"] = True
    return request
