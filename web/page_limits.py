"""How many pages of the directory one person, or one address without an account, may turn in a minute, and how many public forms it
may send in an hour.

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
_FORMS_PER_SECONDS = 3600
FORMS_PER_HOUR = (
    5  # that anybody may send without an account: each is work for staff, and a mail to an address they typed
)


def limited(view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    """Answer 429 with the time to wait beyond `PAGES_PER_MINUTE`. Outside of what may be asked without an account."""

    @wraps(view)
    def wrapper(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if settings.THROTTLES_ON and _count(request, "pages", _PER_SECONDS) > settings.PAGES_PER_MINUTE:
            return _too_many(request, _PER_SECONDS)
        return view(request, *args, **kwargs)

    return wrapper


def forms_limited(view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    """The same for posts of a public form: beyond `FORMS_PER_HOUR`, 429. Whoever is logged in is counted by the account."""

    @wraps(view)
    def wrapper(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        is_counted = settings.THROTTLES_ON and request.method == "POST"
        if is_counted and _count(request, "forms", _FORMS_PER_SECONDS) > FORMS_PER_HOUR:
            return _too_many(request, _FORMS_PER_SECONDS)
        return view(request, *args, **kwargs)

    return wrapper


def _count(request: HttpRequest, name: str, seconds: int) -> int:
    """How many this is since the first of these seconds; a household in IPv6 counts as one address."""
    address = str(request.META.get("REMOTE_ADDR", ""))
    key = f"{name}.{request.user.pk or network_of(address) or address}"
    if cache.add(key, 1, seconds):
        return 1
    try:
        return int(cache.incr(key))
    except ValueError:  # the time has just ended
        return 1


def _too_many(request: HttpRequest, seconds: int) -> HttpResponse:
    response = render(request, "429.html", status=429)
    response["Retry-After"] = str(seconds)
    return response
