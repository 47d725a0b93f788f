"""Brands in the admin: few rows, changed rarely. Here, not in `brands`, because it offers the themes of `web`."""

from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest

from brands.domain_events import brand_switched
from brands.models import Brand, BrandHost
from brands.themes import THEMES
from core.recorded_admin import RecordedAdmin, last_two_digits


class BrandForm(forms.ModelForm[Brand]):
    """Offers the registered themes, and the brand's own while no theme of that name is registered."""

    class Meta:
        model = Brand
        fields = [
            "name", "slug", "spoken_name", "theme", "tagline", "description", "currency", "caller_id",
            "operator_caller_id", "caller_id_attestation", "customer_confirms", "plays_greeting", "asks_access_basis", "support_email", "mail_from", "app_name", "is_active",
        ]  # fmt: skip

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        if "theme" not in self.fields:  # with the right to view alone no field is editable
            return
        choices = [(theme.slug, theme.name) for theme in THEMES.values()]
        if self.instance.theme not in THEMES:
            choices.append((self.instance.theme, f"{self.instance.theme} (unknown, shown as neutral)"))
        self.fields["theme"] = forms.ChoiceField(
            choices=choices, initial=self.instance.theme, help_text=self.fields["theme"].help_text
        )


class HostInline(admin.StackedInline[BrandHost, Brand]):
    """The first of a brand's hosts is the one written in links."""

    model = BrandHost
    extra = 1


@admin.register(Brand)
class BrandAdmin(RecordedAdmin[Brand]):
    """One page: names, numbers, theme, hosts (`docs/adding-a-brand.md`). Changes are on record."""

    record_name = "brand"
    masks = {"caller_id": last_two_digits, "operator_caller_id": last_two_digits}

    form = BrandForm
    list_display = ["name", "slug", "theme", "caller_id", "customer_confirms", "is_active"]
    prepopulated_fields = {"slug": ["name"]}
    inlines = [HostInline]

    def save_model(self, request: HttpRequest, obj: Brand, form: Any, change: bool) -> None:
        """Running calls of a brand that is switched off get no more time, at once."""
        super().save_model(request, obj, form, change)
        if change and "is_active" in form.changed_data:
            brand_switched.after_commit(brand_id=obj.pk)
