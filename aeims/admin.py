"""The admin site: Django's own, with the house's login form (and with it the second factor)."""

from urllib.parse import urlencode

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import resolve_url
from django.template.response import TemplateResponse

from web.redirects import safe_next


class AdminSite(admin.AdminSite):
    site_header = "AEIMS back office"
    site_title = "AEIMS"
    index_title = "Is everything all right?"
    site_url = None  # there are several, and this host shows none of them

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
