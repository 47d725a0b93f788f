"""Who may see a page of the back office: staff with the right permission."""

from collections.abc import Callable
from functools import wraps
from typing import Any, Concatenate

from django.contrib import admin
from django.contrib.admin.views.decorators import staff_member_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils import timezone

from core.confirm import Confirmation, ask
from core.days import BOOKS_ZONE
from core.errors import DomainError
from core.money_pages import is_money_view
from customers.models import User
from history.context import changed_by
from web.recent_login import ask_for_login

StaffView = Callable[Concatenate[HttpRequest, User, ...], HttpResponseBase]


def staff_page(*permissions: str) -> Callable[[StaffView], Callable[..., HttpResponseBase]]:
    """For staff who have all of `permissions`: pass the staff member to the view. A DomainError becomes a small page.

    Times on it are those of `BOOKS_ZONE`, as are the days that people type.
    """

    def decorate(view: StaffView) -> Callable[..., HttpResponseBase]:
        @wraps(view)
        @staff_member_required(login_url="account_login")
        def wrapper(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            assert isinstance(request.user, User), "staff logged in"
            if not request.user.has_perms(permissions):
                raise PermissionDenied
            if is_money_view(view) and (login := ask_for_login(request)):
                return login
            try:
                with timezone.override(BOOKS_ZONE), changed_by(request):
                    return view(request, request.user, *args, **kwargs)
            except DomainError as error:
                return render_staff_page(
                    request,
                    "backoffice/refused.html",
                    error.status,
                    title="That didn’t work",
                    text=error.message,
                )

        return wrapper

    return decorate


def render_staff_page(request: HttpRequest, template: str, status: int = 200, **context: Any) -> HttpResponse:
    """A staff page in the frame of the admin."""
    return render(request, template, {**admin.site.each_context(request), **context}, status=status)


def ask_staff(request: HttpRequest, confirmation: Confirmation, **changes: str) -> HttpResponse:
    """The page that asks before a deed (`core.confirm`)."""
    question = ask(request, confirmation, **changes)
    return render_staff_page(request, "backoffice/confirm.html", title=confirmation.title, question=question)
