"""An operator's page and card as customers see them, for the operator and for staff on their own sites.

The customers' sites know how to draw them and say so at the start (`storefront.apps`); this side asks without importing them.
"""

from enum import StrEnum
from typing import Protocol

from csp.constants import SELF
from django.http import HttpResponse

from brands.models import Brand
from operators.models import Operator


class PreviewPart(StrEnum):
    """What is shown of the operator."""

    PAGE = "page"
    CARD = "card"


class Renderer(Protocol):
    """Makes a whole document in the brand's look; nothing in it can be used."""

    def __call__(self, operator: Operator, brand: Brand, part: PreviewPart) -> str: ...


_renderers: list[Renderer] = []


def register(renderer: Renderer) -> None:
    """Say what draws the preview. Once, at the start."""
    _renderers[:] = [renderer]


def preview_response(operator: Operator, brand: Brand, part: PreviewPart) -> HttpResponse:
    """The document, for a frame on a page of the same site: no search engine keeps it, nobody stores it."""
    response = HttpResponse(_renderers[0](operator, brand, part))
    response["X-Robots-Tag"] = "noindex"
    response["Cache-Control"] = "private, no-store"
    response["X-Frame-Options"] = "SAMEORIGIN"
    vars(response)["_csp_replace"] = {"frame-ancestors": [SELF]}
    return response


def allow_own_frames(response: HttpResponse) -> HttpResponse:
    """The page around it: it may hold frames of its own site."""
    vars(response)["_csp_replace"] = {"frame-src": [SELF]}
    return response
