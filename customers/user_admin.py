"""Accounts in the admin. Who is staff, what staff may do, and their passwords are changed by superusers alone, on record."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse

from core.admin import as_boxes
from core.recorded_admin import RecordedAdmin, mask_email, only_that_it_changed
from core.time_zones import known_time_zones
from customers.login_help import send_password_link
from customers.models import User
from customers.rights import RIGHTS, is_superuser, may_change_account
from customers.services.profile import move


def time_zones() -> list[str]:
    """The zones of places, as the tz database names them, and UTC."""
    regions = (
        "Africa/",
        "America/",
        "Antarctica/",
        "Arctic/",
        "Asia/",
        "Atlantic/",
        "Australia/",
        "Europe/",
        "Indian/",
        "Pacific/",
    )
    return [*sorted(zone for zone in known_time_zones() if zone.startswith(regions)), "UTC"]


class UserCreationForm(forms.ModelForm[User]):
    """A new account: an address. Its owner gets a link and chooses the password; staff never know one."""

    class Meta:
        model = User
        fields = ["email"]

    def clean_email(self) -> str:
        return str(self.cleaned_data["email"]).lower()

    def save(self, commit: bool = True) -> User:
        self.instance.set_unusable_password()
        return super().save(commit)


@admin.register(User)
class UserAdmin(RecordedAdmin[User], DjangoUserAdmin[User]):
    """Who can log in. Accounts of staff are shown to those who may see accounts, and changed by superusers."""

    record_name = "user"
    masks = {"email": mask_email, "password": only_that_it_changed}
    add_form = UserCreationForm
    ordering = ["-id"]
    list_display = ["email", "is_staff", "is_active", "last_login"]
    list_filter = ["is_staff", "is_active"]
    search_fields = ["email__exact"]
    search_help_text = "A full email address"
    show_full_result_count = False
    fieldsets = [
        (None, {"fields": ["email", "password"]}),
        ("Person", {"fields": ["first_name", "last_name", "time_zone"]}),
        ("Rights", {"fields": ["is_active", *RIGHTS]}),
        ("Dates", {"fields": ["last_login", "date_joined"]}),
    ]
    add_fieldsets = [(None, {"classes": ["wide"], "fields": ["email"]})]
    readonly_fields = ["last_login", "date_joined"]
    filter_horizontal = ()

    def formfield_for_manytomany(self, db_field: Any, request: Any = None, **kwargs: Any) -> Any:
        return as_boxes(super().formfield_for_manytomany(db_field, request, **kwargs))

    def formfield_for_dbfield(self, db_field: Any, request: Any, **kwargs: Any) -> Any:
        """A time zone is chosen from those that both Python and PostgreSQL know."""
        if db_field.name == "time_zone":
            zones = [(zone, zone.replace("_", " ")) for zone in time_zones()]
            return forms.ChoiceField(label="Time zone", choices=zones)
        return super().formfield_for_dbfield(db_field, request, **kwargs)

    def has_change_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        return super().has_change_permission(request, obj) and _is_allowed(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        return super().has_delete_permission(request, obj) and _is_allowed(request, obj)

    def get_fieldsets(self, request: HttpRequest, obj: User | None = None) -> Any:
        """Of a password that they may not change people see nothing, not even how it is hashed."""
        fieldsets = super().get_fieldsets(request, obj)
        if _is_allowed(request, obj):
            return fieldsets
        shown = {"fields": ["email"]}
        return [(title, shown if title is None else options) for title, options in fieldsets]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """Rights are given by superusers. An operator's days are counted where they live: their time zone stays."""
        readonly = [*super().get_readonly_fields(request, obj)]
        if not is_superuser(request.user):
            readonly += RIGHTS
        if obj is not None and hasattr(obj, "operator"):
            readonly.append("time_zone")
        return readonly

    def save_model(self, request: HttpRequest, obj: User, form: Any, change: bool) -> None:
        """A customer's limit keeps its days for a while after a change of time zone.

        Raises PermissionDenied for rights and accounts of staff, whatever the form let through.
        """
        if not _is_allowed(request, obj) or (
            set(RIGHTS) & set(form.changed_data) and not is_superuser(request.user)
        ):
            raise PermissionDenied
        time_zone = obj.time_zone
        if change and "time_zone" in form.changed_data and hasattr(obj, "customer"):
            obj.time_zone = form.initial["time_zone"]
        super().save_model(request, obj, form, change)
        assert isinstance(request.user, User), "staff are logged in"
        if not change:
            send_password_link(user_id=obj.pk, actor=request.user)
            messages.info(request, "They got an email with a link, and choose a password themselves.")
        if obj.time_zone != time_zone:
            move(customer=obj.customer, time_zone=time_zone, actor=request.user)

    def user_change_password(self, request: HttpRequest, id: str, form_url: str = "") -> HttpResponse:  # noqa: A002 (Django's)
        """Instead of Django's page: the person gets a link and chooses the password. Staff neither type nor know one."""
        person = self.get_object(request, unquote(id))
        if not self.has_change_permission(request, person):
            raise PermissionDenied
        if person is None:
            raise Http404
        if request.method == "POST":
            assert isinstance(request.user, User), "staff are logged in"
            send_password_link(user_id=person.pk, actor=request.user)
            messages.success(request, "We emailed them a link.")
            return HttpResponseRedirect(reverse("admin:customers_user_change", args=[person.pk]))
        context = {**self.admin_site.each_context(request), "title": "A new password", "original": person}
        return TemplateResponse(request, "admin/customers/user/password_link.html", context)


def _is_allowed(request: HttpRequest, person: User | None) -> bool:
    return person is None or may_change_account(request.user, person)
