"""The door of a customer site: who comes for the first time says that they are an adult, and is remembered.

It stands before pages that show operators. Help, prices, privacy and the forms to log in or sign up are open to all,
also to search engines: nothing there is for adults alone, and signing up asks for the date of birth anyway. The
answer is a cookie of the host, so each brand asks for itself; no script is needed.
"""

from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from web.redirects import safe_next

COOKIE = "adult"
_YES = "yes"
YEAR_SECONDS = 31_536_000


def has_confirmed_age(cookies: Mapping[str, str]) -> bool:
    """Whether whoever sends these cookies passed the gate of this host."""
    return cookies.get(COOKIE) == _YES


def adults_only(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Shows the gate instead of the page until somebody said yes; who has an account said so when they made it."""

    @wraps(view)
    def door(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if request.user.is_authenticated or has_confirmed_age(request.COOKIES):
            return view(request, *args, **kwargs)
        return never_cache(render)(request, "web/age_gate.html", {"next": request.get_full_path()})

    return door


@require_POST
def enter(request: HttpRequest) -> HttpResponse:
    """The yes is remembered for a year, and they go where they wanted to."""
    response = HttpResponseRedirect(safe_next(request))
    response.set_cookie(
        COOKIE, _YES, max_age=YEAR_SECONDS, samesite="Lax", httponly=True, secure=request.is_secure()
    )
    return response


@require_safe
def leave(request: HttpRequest) -> HttpResponse:
    """A plain word for who is younger; nothing is remembered."""
    return render(request, "web/too_young.html")
