"""People in the admin. A stored number is never shown: staff see its last two digits and may add another."""

from typing import Any

from django import forms
from django.conf import settings
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from core import audit, clock
from core.admin import LargeTableAdmin
from core.errors import DomainError
from core.phones import to_e164
from customers import user_admin  # noqa: F401 (it registers itself)
from customers.models import Consent, Customer, CustomerPhone, User


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
