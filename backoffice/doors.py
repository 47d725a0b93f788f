"""Who may come in: staff with the right permission, second factor included; how a refusal becomes a message."""

from collections.abc import Callable
from functools import wraps
from typing import Any, Concatenate

from django.contrib import admin, messages
from django.contrib.admin.views.decorators import staff_member_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.shortcuts import render

from core.errors import DomainError
from customers.models import User

StaffView = Callable[Concatenate[HttpRequest, User, ...], HttpResponseBase]


def staff_page(permission: str) -> Callable[[StaffView], Callable[..., HttpResponseBase]]:
    """For staff who have `permission`; hands the staff member to the view. A DomainError becomes a small page."""

    def decorate(view: StaffView) -> Callable[..., HttpResponseBase]:
        @wraps(view)
        @staff_member_required(login_url="account_login")
        def door(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            assert isinstance(request.user, User), "staff logged in"
            if not request.user.has_perm(permission):
                raise PermissionDenied
            try:
                return view(request, request.user, *args, **kwargs)
            except DomainError as error:
                return show(
                    request, "backoffice/refused.html", error.status, title="Not this way", text=error.message
                )

        return door

    return decorate


def show(request: HttpRequest, template: str, status: int = 200, **context: Any) -> HttpResponse:
    """A staff page in the frame of the admin."""
    return render(request, template, {**admin.site.each_context(request), **context}, status=status)


def act(request: HttpRequest, service: Callable[[], object], *, then: str, said: str) -> HttpResponse:
    """Run one service, say how it went, go on to `then`."""
    try:
        service()
    except DomainError as error:
        messages.error(request, error.message)
    else:
        messages.success(request, said)
    return HttpResponseRedirect(then)
