"""What other packages bring into the admin, put right or left out; `brand_admin` adds the brands.

Second factors, API tokens and sessions of other people are nobody's to see: with them a staff member could act as
somebody else.
"""

from typing import Any

from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.contrib import admin
from django.contrib.auth.admin import GroupAdmin as DjangoGroupAdmin
from django.contrib.auth.models import Group
from django.http import HttpRequest
from rest_framework.authtoken.models import TokenProxy

from backoffice import brand_admin  # noqa: F401 (it registers itself)
from core.admin import as_boxes

for model in (Authenticator, TokenProxy, UserSession, Group):
    if admin.site.is_registered(model):
        admin.site.unregister(model)


@admin.register(Group)
class GroupAdmin(DjangoGroupAdmin):
    """What a role may do."""

    filter_horizontal = ()

    def formfield_for_manytomany(
        self, db_field: Any, request: HttpRequest | None = None, **kwargs: Any
    ) -> Any:
        return as_boxes(super().formfield_for_manytomany(db_field, request, **kwargs))
