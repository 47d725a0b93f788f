"""Operators in the admin: on which sites, at which share, within which bounds. Their number is never shown.

Whether somebody may work is decided on the desk, with a reason (`backoffice.profile_views`).
"""

from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest

from core import clock, money
from core.admin import LargeTableAdmin, ReadOnlyAdmin
from core.errors import DomainError
from core.recorded_admin import RecordedAdmin
from customers.models import User
from customers.own_account import is_own_account
from operators.forms import NamesField
from operators.models import Block, Interaction, Listing, Operator, OperatorDay
from operators.pages import STAFF_PROFILE
from operators.phones import operators_phone
from operators.pricing import BOUND_COLUMNS, BOUNDS, PRICE_COLUMNS
from operators.services.change_settings import price_errors
from operators.services.presence import go_offline
from phones.models import PhoneNumber
from phones.services.store_number import store_number


def _hint_of(operator: Operator) -> str:
    """What staff may see of the number."""
    return operator.phone_number.hint if operator.phone_number else "none yet"


def _record_of(number_id: Any) -> str:
    """What a record holds of a number: its last two digits."""
    number = PhoneNumber.objects.filter(pk=number_id).only("last_two").first()
    return f"…{number.last_two}" if number else "none"


class OperatorForm(forms.ModelForm[Operator]):
    """The phone is write-only: its last two digits are named, another may be given."""

    languages = NamesField()
    specialties = NamesField()
    new_phone = forms.CharField(label="phone", max_length=40, required=False)

    class Meta:
        model = Operator
        fields = [
            "user", "stage_name", "slug", "headline", "bio", "languages", "specialties", "portrait_seed", "drawn_as",
            *PRICE_COLUMNS, "share_bps", "referral_share_bps", *BOUND_COLUMNS, "free_minutes_per_month", "new_phone", "takes_calls", "takes_messages",
        ]  # fmt: skip

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "new_phone" in self.fields:
            current_phone = _hint_of(self.instance).capitalize()
            self.fields[
                "new_phone"
            ].help_text = f"{current_phone}. Leave empty to keep it. They verify a new one."

    def clean_new_phone(self) -> str:
        entered_phone: str = self.cleaned_data["new_phone"]
        if not entered_phone:
            return ""
        try:
            return operators_phone(entered_phone)
        except DomainError as error:
            raise forms.ValidationError(error.message) from None

    def clean_share_bps(self) -> int:
        share_bps: int = self.cleaned_data["share_bps"]
        if share_bps > money.BPS:
            raise forms.ValidationError("At most 10000, which is all of it.")
        return share_bps

    def clean(self) -> dict[str, Any]:
        """Prices lie within the operator's own bounds, as the portal has it, and the bounds in their order."""
        cleaned = super().clean() or {}
        errors = price_errors(cleaned, cleaned)
        share_bps, larger_bps = cleaned.get("share_bps"), cleaned.get("referral_share_bps")
        if share_bps is not None and larger_bps is not None and larger_bps < share_bps:
            errors["referral_share_bps"] = (
                "At least the ordinary share. Leave it empty to give no more than that."
            )
        for bounds in BOUNDS:
            lowest, highest = bounds.of(cleaned) if bounds.are_in(cleaned) else (0, 0)
            if lowest > highest:
                errors[bounds.highest] = f"The highest {bounds.name} must be at least the lowest."
        for column, words in errors.items():
            self.add_error(column, words)
        return cleaned

    def save(self, commit: bool = True) -> Operator:
        number = self.cleaned_data.get("new_phone")
        if number and number != self.instance.phone:
            self.instance.phone_number = store_number(number)
            self.instance.phone_blocked_at = self.instance.phone_verified_at = None
            go_offline(self.instance, clock.now())
        return super().save(commit)


class ListingInline(admin.StackedInline[Listing, Operator]):
    model = Listing
    extra = 0


@admin.register(Operator)
class OperatorAdmin(RecordedAdmin[Operator], LargeTableAdmin[Operator]):
    """Sites, share, bounds. What staff change is on record, from what to what, and never a number."""

    record_name = "operator"
    masks = {"phone_number": _record_of}
    form = OperatorForm
    list_display = [
        "stage_name",
        "approval_status",
        "presence",
        "in_call",
        "rate_per_minute_minor",
        "share_bps",
    ]
    list_filter = ["approval_status", "presence"]
    search_fields = ["stage_name__exact", "slug__exact", "user__email__exact"]
    search_help_text = "A full stage name or email address"
    raw_id_fields = ["user"]
    readonly_fields = [
        "approval_status",
        "identified_at",
        "presence",
        "presence_since",
        "in_call",
        "created_at",
    ]
    inlines = [ListingInline]

    def has_change_permission(self, request: HttpRequest, obj: Operator | None = None) -> bool:
        """Nobody sets their own share and bounds here; prices within them are set in the portal."""
        is_own = isinstance(request.user, User) and is_own_account(request.user, obj)
        return super().has_change_permission(request, obj) and not is_own

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        """Who may not change phones is not offered another one, and a form that sends one is not read."""
        form = super().get_form(request, obj, change, **kwargs)
        if not request.user.has_perm("customers.manage_phones"):
            form.base_fields.pop("new_phone", None)  # the class was made for this request
        return form

    def get_readonly_fields(self, request: HttpRequest, obj: Operator | None = None) -> Any:
        """Whose account it is stays: money is owed on it."""
        readonly = super().get_readonly_fields(request, obj)
        return [*readonly, "user"] if obj is not None else readonly

    def view_on_site(self, obj: Operator) -> str:
        """Everything about the operator, on the staff's page."""
        return STAFF_PROFILE.path(obj.pk)


@admin.register(Block)
class BlockAdmin(ReadOnlyAdmin[Block]):
    """Who wants no contact with whom. Only the two people block and unblock (`messaging.services.block`)."""

    list_display = ["operator", "customer", "blocked_by", "created_at"]
    list_select_related = ["operator", "customer"]


@admin.register(Interaction)
class InteractionAdmin(ReadOnlyAdmin[Interaction]):
    list_display = ["customer", "operator", "calls", "chats", "messages", "seconds", "last_at"]
    list_select_related = ["operator", "customer"]


@admin.register(OperatorDay)
class OperatorDayAdmin(ReadOnlyAdmin[OperatorDay]):
    list_display = ["day", "operator", "brand", "calls", "seconds", "messages", "earned_minor"]
    list_select_related = ["operator", "brand"]
