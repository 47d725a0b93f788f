"""What other packages bring into the admin, put right or left out; `brand_admin` adds the brands.

Second factors, API tokens and sessions of other people are nobody's to see: with them a staff member could act as
somebody else. The same goes for the addresses of staff, to which login codes and new passwords are sent, and for roles.
"""

from typing import Any

from allauth.account.admin import EmailAddressAdmin as AllauthEmailAddressAdmin
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.contrib import admin
from django.contrib.auth.admin import GroupAdmin as DjangoGroupAdmin
from django.contrib.auth.models import Group
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest
from rest_framework.authtoken.models import TokenProxy

from backoffice import brand_admin  # noqa: F401 (it registers itself)
from core.admin import as_boxes
from core.recorded_admin import RecordedAdmin, mask_email
from customers.rights import is_superuser, may_change_account

for model in (Authenticator, EmailAddress, TokenProxy, UserSession, Group):
    if admin.site.is_registered(model):
        admin.site.unregister(model)


@admin.register(Group)
class GroupAdmin(RecordedAdmin[Group], DjangoGroupAdmin):
    """What a role may do: for superusers, on record."""

    record_name = "role"
    filter_horizontal = ()

    def formfield_for_manytomany(
        self, db_field: Any, request: HttpRequest | None = None, **kwargs: Any
    ) -> Any:
        return as_boxes(super().formfield_for_manytomany(db_field, request, **kwargs))

    def has_add_permission(self, request: HttpRequest) -> bool:
        return is_superuser(request.user)

    def has_change_permission(self, request: HttpRequest, obj: Group | None = None) -> bool:
        return is_superuser(request.user)

    def has_delete_permission(self, request: HttpRequest, obj: Group | None = None) -> bool:
        return is_superuser(request.user)


@admin.register(EmailAddress)
class EmailAddressAdmin(RecordedAdmin[EmailAddress], AllauthEmailAddressAdmin):
    """Where login codes and new passwords go: of staff, changed by superusers alone."""

    record_name = "email_address"
    masks = {"email": mask_email}
    list_select_related = ["user"]
    actions = ["mark_verified"]

    def has_change_permission(self, request: HttpRequest, obj: EmailAddress | None = None) -> bool:
        return super().has_change_permission(request, obj) and _is_allowed(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: EmailAddress | None = None) -> bool:
        return super().has_delete_permission(request, obj) and _is_allowed(request, obj)

    def save_model(self, request: HttpRequest, obj: EmailAddress, form: Any, change: bool) -> None:
        """Raises PermissionDenied for an address that was or becomes a staff member's."""
        if not _is_allowed(request, obj):
            raise PermissionDenied
        super().save_model(request, obj, form, change)

    @admin.action(description="Mark as verified", permissions=["change"])
    def mark_verified(self, request: HttpRequest, addresses: QuerySet[EmailAddress]) -> None:
        """For addresses that staff have checked; those of staff are left alone unless a superuser asks."""
        allowed = [address for address in addresses.select_related("user") if _is_allowed(request, address)]
        self.make_verified(request, addresses.filter(pk__in=[address.pk for address in allowed]))
        for address in allowed:
            self.record(request, address, "verify")


def _is_allowed(request: HttpRequest, address: EmailAddress | None) -> bool:
    return address is None or may_change_account(request.user, address.user)
