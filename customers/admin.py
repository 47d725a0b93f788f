"""People in the admin. A stored number is never shown: staff see its last two digits and may add another."""

from typing import Any
from zoneinfo import available_timezones

from django import forms
from django.conf import settings
from django.contrib import admin
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.contrib.auth.forms import AdminUserCreationForm
from django.db.models import QuerySet
from django.http import HttpRequest

from core import audit, clock
from core.admin import LargeTableAdmin, as_boxes
from core.errors import DomainError
from core.phones import to_e164
from customers.models import Consent, Customer, CustomerPhone, User
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
    return [*sorted(zone for zone in available_timezones() if zone.startswith(regions)), "UTC"]


class UserCreationForm(AdminUserCreationForm[User]):
    class Meta:
        model = User
        fields = ["email"]


@admin.register(User)
class UserAdmin(DjangoUserAdmin[User]):
    """Who can log in."""

    add_form = UserCreationForm
    ordering = ["-id"]
    list_display = ["email", "is_staff", "is_active", "last_login"]
    list_filter = ["is_staff", "is_active"]
    search_fields = ["email__exact"]
    search_help_text = "The whole e-mail address"
    show_full_result_count = False
    fieldsets = [
        (None, {"fields": ["email", "password"]}),
        ("Person", {"fields": ["first_name", "last_name", "time_zone"]}),
        ("Rights", {"fields": ["is_active", "is_staff", "is_superuser", "groups", "user_permissions"]}),
        ("Dates", {"fields": ["last_login", "date_joined"]}),
    ]
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

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """An operator's days are counted where they live: their time zone stays."""
        readonly = super().get_readonly_fields(request, obj)
        return [*readonly, "time_zone"] if obj is not None and hasattr(obj, "operator") else readonly

    def save_model(self, request: HttpRequest, obj: User, form: Any, change: bool) -> None:
        """A customer's limit keeps its days for a while after a change of time zone."""
        time_zone = obj.time_zone
        if change and "time_zone" in form.changed_data and hasattr(obj, "customer"):
            obj.time_zone = form.initial["time_zone"]
        super().save_model(request, obj, form, change)
        if obj.time_zone != time_zone:
            assert isinstance(request.user, User), "staff are logged in"
            move(customer=obj.customer, time_zone=time_zone, actor=request.user)

    add_fieldsets = [
        (None, {"classes": ["wide"], "fields": ["email", "usable_password", "password1", "password2"]})
    ]


class PhoneForm(forms.ModelForm[CustomerPhone]):
    """Takes a number as people write it; keeps E.164."""

    new_number = forms.CharField(label="number", max_length=40, required=False)

    class Meta:
        model = CustomerPhone
        fields = ["new_number", "is_primary"]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if not self.instance.pk:
            try:
                entered_number = cleaned.get("new_number") or ""
                self.instance.number = to_e164(entered_number, lab_prefixes=settings.TELEPHONY_LAB_PREFIXES)
            except DomainError as error:
                self.add_error("new_number", error.message)
        return cleaned


class PhoneInline(admin.StackedInline[CustomerPhone, Customer]):
    model = CustomerPhone
    form = PhoneForm
    extra = 0
    fields = ("hint", "new_number", "is_primary", "verified_at")
    readonly_fields = ("hint", "verified_at")

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    @admin.display(description="phone")
    def hint(self, phone: CustomerPhone) -> str:
        return phone.hint if phone.pk else "new"


class ConsentInline(admin.TabularInline[Consent, Customer]):
    model = Consent
    extra = 0
    fields = readonly_fields = ("kind", "version", "brand", "given_at")
    can_delete = False

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(Customer)
class CustomerAdmin(LargeTableAdmin[Customer]):
    """Customers by alias; money and free minutes are given by forms of their own (billing)."""

    list_display = ["alias", "user", "home_brand", "adult_access_basis", "created_at"]
    list_select_related = ["user", "home_brand"]
    list_filter = ["home_brand"]
    search_fields = ["user__email__exact", "alias__exact"]
    search_help_text = "The whole e-mail address or alias"
    raw_id_fields = ["user"]
    readonly_fields = ["created_at"]
    inlines = [PhoneInline, ConsentInline]
    actions = ["verify_phones"]

    @admin.action(description="Verify the phones of the selected customers")
    def verify_phones(self, request: HttpRequest, customers: QuerySet[Customer]) -> None:
        """For numbers that staff have called themselves."""
        for customer in customers:
            count = customer.phones.filter(verified_at=None).update(
                verified_at=clock.now(), blocked_at=None, block_reason=""
            )
            audit.record(
                actor=request.user if isinstance(request.user, User) else None,
                action="phone.verify",
                subject=customer,
                reason="checked by staff",
                phones=count,
            )
        self.message_user(request, "The phones are verified.")
