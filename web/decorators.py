"""Decorators of views that several sites use; each site's own are in its `decorators.py`."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http.response import HttpResponseBase

from core.errors import DomainError
from web.errors import error_page
from web.requests import SiteRequest


def failures_as_pages(view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    """An expected failure that `view` does not catch becomes a page in the look of the site, with its status."""

    @wraps(view)
    def wrapper(request: SiteRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        try:
            return view(request, *args, **kwargs)
        except DomainError as error:
            return error_page(request, error)

    return wrapper
