"""The age gate of the customer sites: first-time visitors confirm that they are adults, and a cookie remembers it.

It guards pages that show operators. Help, prices, privacy, and the forms to log in or sign up are open to all, search
engines included: nothing there is for adults only, and signing up asks for the date of birth. The cookie belongs to
the host, so each brand asks for itself. No script is needed.
"""

from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from web.redirects import safe_next

_YES = "yes"
YEAR_SECONDS = 31_536_000


def has_confirmed_age(cookies: Mapping[str, str]) -> bool:
    """Whether the sender of these cookies has passed the gate of this host."""
    return cookies.get(settings.AGE_COOKIE_NAME) == _YES


def adults_only(view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    """Show the gate instead of the page until the visitor has confirmed; account holders did so when they signed up."""

    @wraps(view)
    def wrapper(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if request.user.is_authenticated or has_confirmed_age(request.COOKIES):
            return view(request, *args, **kwargs)
        return never_cache(render)(request, "web/age_gate.html", {"next": request.get_full_path()})

    return wrapper


@require_POST
def enter(request: HttpRequest) -> HttpResponse:
    """Remember the confirmation for a year and go on to the page that was asked for."""
    response = HttpResponseRedirect(safe_next(request))
    response.set_cookie(
        settings.AGE_COOKIE_NAME,
        _YES,
        max_age=YEAR_SECONDS,
        samesite="Lax",
        httponly=True,
        secure=request.is_secure(),
    )
    return response


@require_safe
def leave(request: HttpRequest) -> HttpResponse:
    """The page for those who are younger; nothing is remembered."""
    return render(request, "web/too_young.html")
