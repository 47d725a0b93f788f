"""Refuses what no view could use, once for all sites: text that cannot be stored, and forms in another encoding."""

import codecs
from collections.abc import Callable, Iterable
from typing import Any, cast

from django.http import HttpRequest, HttpResponse

from core.parse import can_be_stored
from web.errors import bad_request
from web.requests import SiteRequest


class ReadableInputMiddleware:
    """400 for a NUL or half a character (a lone surrogate) in path, query, or form fields: PostgreSQL keeps neither.

    Only pages' forms are read here. A view that takes no CSRF token (API, webhooks) is a program's, and reads its body
    by a strict parser of its own.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not (
            _is_utf8(request)
            and can_be_stored(request.path)
            and _all_can_be_stored(request.GET.lists())
            and all(can_be_stored(value) for value in request.COOKIES.values())
        ):
            return bad_request(cast(SiteRequest, request))
        return self.get_response(request)

    def process_view(
        self, request: HttpRequest, view: Callable[..., Any], args: Any, kwargs: Any
    ) -> HttpResponse | None:
        """Refuse a form whose fields or file names cannot be stored."""
        if request.method != "POST" or getattr(view, "csrf_exempt", False):
            return None
        files = [(name, [file.name or "" for file in files]) for name, files in request.FILES.lists()]
        if _all_can_be_stored(request.POST.lists()) and _all_can_be_stored(files):
            return None
        return bad_request(cast(SiteRequest, request))


def _is_utf8(request: HttpRequest) -> bool:
    """Whether the body is UTF-8 by its own words; Django would decode query and form by any codec that Python has."""
    charset = (request.content_params or {}).get("charset", "utf-8")
    try:
        return codecs.lookup(charset).name in ("utf-8", "ascii")
    except (LookupError, ValueError):
        return False


def _all_can_be_stored(fields: Iterable[tuple[str, Iterable[object]]]) -> bool:
    return all(
        can_be_stored(text) for name, values in fields for text in (name, *values) if isinstance(text, str)
    )
