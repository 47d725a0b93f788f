"""How many pages of the directory one person, or one address without an account, may turn in a minute.

Enough for anybody who reads; too few for copying every profile. Counted in the cache, in each process while Redis is away.
"""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.conf import settings
from django.core.cache import cache
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render

from customers.networks import network_of

_PER_SECONDS = 60


def limited(view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    """Answer 429 with the time to wait beyond `PAGES_PER_MINUTE`. Outside of what may be asked without an account."""

    @wraps(view)
    def wrapper(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if settings.THROTTLES_ON and _count(request) > settings.PAGES_PER_MINUTE:
            return _too_many(request)
        return view(request, *args, **kwargs)

    return wrapper


def _count(request: HttpRequest) -> int:
    """How many this is since the first of this minute; a household in IPv6 counts as one address."""
    address = str(request.META.get("REMOTE_ADDR", ""))
    key = f"pages.{request.user.pk or network_of(address) or address}"
    if cache.add(key, 1, _PER_SECONDS):
        return 1
    try:
        return int(cache.incr(key))
    except ValueError:  # the minute has just ended
        return 1


def _too_many(request: HttpRequest) -> HttpResponse:
    response = render(request, "429.html", status=429)
    response["Retry-After"] = str(_PER_SECONDS)
    return response
