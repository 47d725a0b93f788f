"""The admin site: Django's own, with our login form (and with it the second factor)."""

from functools import update_wrapper
from typing import Any
from urllib.parse import urlencode

from django.contrib import admin
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.core.exceptions import BadRequest, PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import resolve_url
from django.template.response import TemplateResponse
from django.utils import timezone

from core.days import BOOKS_ZONE
from core.money_pages import is_money_view
from core.parse import MAX_ID, whole_number
from history.context import changed_by
from web.recent_login import ask_for_login
from web.redirects import safe_next


class AdminSite(admin.AdminSite):
    site_header = "AEIMS back office"
    site_title = "AEIMS"
    index_title = "System status"
    site_url = None  # there are several, and this host shows none of them

    def admin_view(self, view: Any, cacheable: bool = False) -> Any:
        """Django's, with times of `BOOKS_ZONE`, as on all pages of staff.

        Rows that are selected for an action are named by their numbers, as all our tables have them. A view that moves
        money asks for a recent login first.
        """

        def checked(request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
            selected = request.POST.getlist(ACTION_CHECKBOX_NAME)
            if any(whole_number(key, most=MAX_ID) is None for key in selected):
                raise BadRequest
            if is_money_view(view) and request.user.is_authenticated and (login := ask_for_login(request)):
                return login
            with timezone.override(BOOKS_ZONE), changed_by(request):
                response = view(request, *args, **kwargs)
                return response.render() if isinstance(response, TemplateResponse) else response

        return super().admin_view(update_wrapper(checked, view), cacheable)

    def index(self, request: HttpRequest, extra_context: dict[str, object] | None = None) -> TemplateResponse:
        """Django's list of everything, under the answer to the question in its title."""
        from backoffice.health import checks  # apps are not loaded when this module is

        return super().index(request, {"checks": checks(), **(extra_context or {})})

    def login(self, request: HttpRequest, extra_context: dict[str, object] | None = None) -> HttpResponse:
        """Send people to the one login form. Raises PermissionDenied for somebody who is logged in and not staff."""
        target = safe_next(request, resolve_url("admin:index"))
        if self.has_permission(request):
            return HttpResponseRedirect(target)
        if request.user.is_authenticated:  # the form would send them back here, for ever
            raise PermissionDenied
        return HttpResponseRedirect(f"{resolve_url('account_login')}?{urlencode({'next': target})}")
