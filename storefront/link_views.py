"""An operator's own link, which they give to people they know."""

from django.http import HttpResponse
from django.shortcuts import redirect
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from operators.selectors import operator_by_slug
from storefront.first_touch import keep_first_touch
from web.decorators import failures_as_pages
from web.page_limits import limited
from web.requests import BrandRequest


@require_safe
@never_cache
@limited
@failures_as_pages
def own_link(request: BrandRequest, slug: str) -> HttpResponse:
    """On to the operator's page, where the age gate asks whoever it doesn't know. A browser without an account keeps whose link it was."""
    who = operator_by_slug(request.brand, slug)
    response = redirect("operator", slug=who.slug)
    if not request.user.is_authenticated:
        keep_first_touch(request, response, who, request.brand)
    return response
