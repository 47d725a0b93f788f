"""What differs by year and state, in the admin: thresholds of tax forms, and how long unclaimed earnings are kept. On record."""

from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html

from billing import conf
from billing.payouts.models import DormancyTerm, TaxYear
from core import clock
from core.money import format_money
from core.recorded_admin import RecordedAdmin

_ANY_STATE = "any"  # in addresses: the term where no state is named has an empty key


class TaxYearForm(forms.ModelForm[TaxYear]):
    """Says what the units are."""

    class Meta:
        model = TaxYear
        fields = ("year", "threshold_minor", "withholding_bps", "source")
        labels = {"threshold_minor": "Threshold in cents", "withholding_bps": "Backup withholding"}
        help_texts = {
            "threshold_minor": "From this total on, a 1099-NEC is filed: 200000 is $2,000.00.",
            "withholding_bps": "In hundredths of a percent: 2400 is 24%.",
        }


@admin.register(TaxYear)
class TaxYearAdmin(RecordedAdmin[TaxYear]):
    """What the IRS says of a year."""

    record_name = "tax_year"
    form = TaxYearForm
    list_display = ["year", "threshold", "withholding", "source"]
    ordering = ["-year"]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        """Another year is another row."""
        return ["year"] if obj else []

    def threshold(self, row: TaxYear) -> str:
        return format_money(row.threshold_minor, conf.currency())

    def withholding(self, row: TaxYear) -> str:
        return f"{row.withholding_bps / 100:g}%"


class DormancyTermForm(forms.ModelForm[DormancyTerm]):
    """A state by its two letters."""

    class Meta:
        model = DormancyTerm
        fields = ("region", "years", "source")
        labels = {"region": "State"}
        help_texts = {"region": "Two letters, like NY."}

    def clean_region(self) -> str:
        region = str(self.cleaned_data["region"]).upper()
        if len(region) != 2 or not region.isalpha() or not region.isascii():
            raise forms.ValidationError("Enter two letters, like NY.")
        return region


@admin.register(DormancyTerm)
class DormancyTermAdmin(RecordedAdmin[DormancyTerm]):
    """After how many years a state wants unclaimed earnings."""

    record_name = "dormancy_term"
    form = DormancyTermForm
    list_display = ["state", "years", "source", "changed_at"]
    list_display_links = None
    actions = None
    ordering = ["region"]

    @admin.display(description="state")
    def state(self, row: DormancyTerm) -> str:
        """A link: Django makes none to a row whose key is empty."""
        address = reverse("admin:payouts_dormancyterm_change", args=[row.region or _ANY_STATE])
        return format_html('<a href="{}">{}</a>', address, row.region or "any other")

    def get_object(
        self, request: HttpRequest, object_id: str, from_field: str | None = None
    ) -> DormancyTerm | None:
        return super().get_object(request, "" if object_id == _ANY_STATE else object_id, from_field)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        """Another state is another row."""
        return ["region"] if obj else []

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """The term of all other states stays."""
        is_any = isinstance(obj, DormancyTerm) and not obj.region
        return not is_any and super().has_delete_permission(request, obj)

    def save_model(self, request: HttpRequest, obj: DormancyTerm, form: Any, change: bool) -> None:
        obj.changed_at = clock.now()
        super().save_model(request, obj, form, change)
