"""People in the admin. A stored number is never shown: staff see its last two digits and may add another."""

import re
from collections.abc import Callable
from typing import Any

from django import forms
from django.conf import settings
from django.contrib import admin, messages
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString

from core.admin import LargeTableAdmin
from core.errors import DomainError, Invalid
from core.phones import to_e164
from core.recorded_admin import RecordedAdmin, only_that_it_changed
from customers import legal_admin, user_admin  # noqa: F401 (they register themselves)
from customers.models import Consent, Customer, CustomerPhone, SpendingLimit
from customers.pages import STAFF_CUSTOMER
from customers.services.phones import take_away_phone
from phones.services.store_number import store_number


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
                number = to_e164(entered_number, lab_prefixes=settings.TELEPHONY_LAB_PREFIXES)
            except DomainError as error:
                self.add_error("new_number", error.message)
                return cleaned
            self.instance.phone_number = store_number(number)
            self._refuse_what_is_there(cleaned)
        return cleaned

    def _refuse_what_is_there(self, cleaned: dict[str, Any]) -> None:
        """The database keeps each number once for each customer, and one primary one: said here, before it refuses."""
        phones = CustomerPhone.objects.filter(customer=self.instance.customer_id)
        if phones.filter(phone_number=self.instance.phone_number).exists():
            self.add_error("new_number", "This customer already has this number.")
        if cleaned.get("is_primary") and phones.filter(is_primary=True).exists():
            self.add_error("is_primary", "Another phone is the primary one. The customer chooses.")


class PhoneFormSet(forms.BaseInlineFormSet[CustomerPhone, Customer, forms.ModelForm[CustomerPhone]]):
    """What is ticked for deletion is taken from the customer as a service has it."""

    def delete_existing(self, obj: CustomerPhone, commit: bool = True) -> None:
        if commit:
            take_away_phone(phone_id=obj.pk)


class PhoneInline(admin.StackedInline[CustomerPhone, Customer]):
    model = CustomerPhone
    form = PhoneForm
    formset = PhoneFormSet
    extra = 0
    fields = ("hint", "new_number", "is_primary", "verified_at")
    readonly_fields = ("hint", "verified_at")

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return request.user.has_perm("customers.manage_phones")

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return request.user.has_perm("customers.manage_phones")

    @admin.display(description="phone")
    def hint(self, phone: CustomerPhone) -> str:
        return phone.hint if phone.pk else "new"


class LimitInline(admin.TabularInline[SpendingLimit, Customer]):
    model = SpendingLimit
    extra = 0
    fields = readonly_fields = ("period", "measure", "amount", "next_amount", "next_at")
    can_delete = False

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class ConsentInline(admin.TabularInline[Consent, Customer]):
    model = Consent
    extra = 0
    fields = readonly_fields = ("kind", "version", "brand", "given_at", "address", "user_agent")
    can_delete = False

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(Customer)
class CustomerAdmin(RecordedAdmin[Customer], LargeTableAdmin[Customer]):
    """Customers by alias; money and free minutes are given by forms of their own (billing).

    What customers decided about themselves is shown here and changed nowhere: a break, a limit. Opening a closed account and
    how somebody is known to be an adult are decided on the customer's page, with a reason.
    """

    record_name = "customer"
    masks = {"born_on": only_that_it_changed, "zip_code": only_that_it_changed}

    list_display = ["person", "user", "home_brand", "adult_access_basis", "created_at"]
    list_display_links = None
    list_select_related = ["user", "home_brand"]
    list_filter = ["home_brand"]
    search_fields = ["alias"]  # there is a search; what it finds: get_search_results
    search_help_text = "A full email address or alias, a receipt number, a call or message id, or the last two digits of a phone"
    raw_id_fields = ["user"]
    readonly_fields = [
        "adult_access_basis", "paused_until", "excluded_until", "closed_at", "created_at",
    ]  # fmt: skip
    inlines = [PhoneInline, LimitInline, ConsentInline]
    actions: list[Any] = []  # billing adds its own
    # More ways to find customers, by higher apps: what was typed → the ids of those it names. One may raise Invalid.
    searches: list[Callable[[str], QuerySet[Any, Any]]] = []

    @admin.display(description="customer", ordering="alias")
    def person(self, customer: Customer) -> SafeString:
        """Leads to everything about them; the form is behind that page's Edit."""
        return format_html('<a href="{}">{}</a>', STAFF_CUSTOMER.path(customer.pk), customer.alias)

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Customer], search_term: str
    ) -> tuple[QuerySet[Customer], bool]:
        """By whole names, as they are typed: an alias has a space in it and needs no quotation marks."""
        text = " ".join(search_term.strip(' "').split())
        if not text:
            return queryset, False
        if "@" in text:
            return queryset.filter(user__email__iexact=text), False
        if re.fullmatch("[0-9]{2}", text):
            phones = CustomerPhone.objects.filter(phone_number__last_two=text)
            return queryset.filter(pk__in=phones.values("customer")), False
        matches = Q(alias__iexact=text)
        for search in self.searches:
            try:
                matches |= Q(pk__in=search(text))
            except Invalid as error:  # such as a receipt number with a typo
                self.message_user(request, error.message, messages.WARNING)
        return queryset.filter(matches), False

    def view_on_site(self, obj: Customer) -> str:
        """Everything about the customer, on the staff's page."""
        return STAFF_CUSTOMER.path(obj.pk)

    def get_readonly_fields(self, request: HttpRequest, obj: Customer | None = None) -> Any:
        """Whose account it is stays: money is on it."""
        readonly = super().get_readonly_fields(request, obj)
        return [*readonly, "user"] if obj is not None else readonly

    def has_delete_permission(self, request: HttpRequest, obj: Customer | None = None) -> bool:
        """A break, a closed account, and consents outlive everything."""
        return False
