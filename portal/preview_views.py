"""The operator's card and page as customers see them, on each site that lists them: to look at, by nobody else."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from brands.models import Brand
from operators.models import Operator
from operators.pending import has_pending_changes, with_pending_changes
from portal.decorators import operator_page
from web.operator_preview import PreviewPart, allow_own_frames, preview_response

_WIDTHS = {"phone": "Phone", "desktop": "Desktop"}
_PARTS = {PreviewPart.PAGE: "Your page", PreviewPart.CARD: "Your card"}
_VERSIONS = {"now": "As shown now", "changes": "With my changes"}


@dataclass(frozen=True, slots=True)
class Choice:
    """A link that changes one thing of what is shown."""

    label: str
    url: str
    is_current: bool


@require_safe
@operator_page
def preview(request: HttpRequest, operator: Operator) -> HttpResponse:
    """The frame and what can be chosen: site, card or page, width, and with what waits for review."""
    brands = _brands(operator)
    has_changes = has_pending_changes(operator)
    versions = _VERSIONS if has_changes else {"now": _VERSIONS["now"]}
    options: dict[str, dict[str, str]] = {
        "site": {brand.slug: brand.name for brand in brands},
        "part": {str(part): label for part, label in _PARTS.items()},
        "width": _WIDTHS,
        "version": versions,
    }
    shown = {name: _chosen(request, name, labels) for name, labels in options.items()}
    groups = {
        name: [
            Choice(label, f"?{urlencode({**shown, name: value})}", value == shown[name])
            for value, label in labels.items()
        ]
        for name, labels in options.items()
        if len(labels) > 1
    }
    context: dict[str, Any] = {
        "operator": operator,
        "groups": groups,
        "shown": shown,
        "site": options["site"].get(shown["site"], ""),
        "frame_url": _frame_url(shown) if brands else "",
    }
    return allow_own_frames(render(request, "portal/preview.html", context))


@require_safe
@operator_page
def preview_frame(request: HttpRequest, operator: Operator) -> HttpResponse:
    """What the frame shows: `?site=`, else the first. A site that doesn't list the operator is not found."""
    brands = {brand.slug: brand for brand in _brands(operator)}
    brand = brands.get(request.GET.get("site") or next(iter(brands), ""))
    if brand is None:
        raise Http404
    part = PreviewPart(_chosen(request, "part", {str(part): "" for part in _PARTS}))
    shown = with_pending_changes(operator) if request.GET.get("version") == "changes" else operator
    return preview_response(shown, brand, part)


def _brands(operator: Operator) -> list[Brand]:
    listings = operator.listings.filter(is_active=True).select_related("brand").order_by("brand_id")
    return [listing.brand for listing in listings]


def _chosen(request: HttpRequest, name: str, labels: dict[str, str]) -> str:
    """What the address asks for, else the first."""
    asked = request.GET.get(name, "")
    return asked if asked in labels else next(iter(labels), "")


def _frame_url(shown: dict[str, str]) -> str:
    query = urlencode({name: shown[name] for name in ("site", "part", "version")})
    return f"{reverse('portal:preview-frame')}?{query}"
