"""Terms and privacy notices of brands in the admin: published once, never changed; and the texts that customers agreed to."""

from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from django.utils.safestring import SafeString, mark_safe

from core.admin import LargeTableAdmin
from customers.legal import PUBLISHABLE
from customers.models import LegalEdition, LegalText
from customers.services.publish_legal_edition import publish_legal_edition


class LegalEditionForm(forms.ModelForm[LegalEdition]):
    """A text to publish."""

    kind = forms.ChoiceField(choices=[(kind.value, kind.label) for kind in PUBLISHABLE])

    class Meta:
        model = LegalEdition
        fields = ["brand", "kind", "summary", "text"]


class _NeverChanged:
    """No row is changed or deleted, by anybody."""

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(LegalEdition)
class LegalEditionAdmin(_NeverChanged, admin.ModelAdmin[LegalEdition]):
    """Publishing: from then on the brand's customers are asked to agree."""

    form = LegalEditionForm
    list_display = ["edition", "brand", "kind", "published_at", "published_by"]
    list_filter = ["brand", "kind"]
    list_select_related = ["brand", "published_by"]
    ordering = ["-id"]

    def save_model(self, request: HttpRequest, obj: LegalEdition, form: Any, change: bool) -> None:
        """By the service that names the edition and keeps the record; `obj` becomes what it made."""
        assert request.user.is_authenticated, "the admin is for staff"
        made = publish_legal_edition(
            brand=obj.brand, kind=obj.kind, text=obj.text, summary=obj.summary, actor=request.user
        )
        obj.__dict__.update(made.__dict__)

    def log_addition(self, request: HttpRequest, obj: LegalEdition, message: Any) -> Any:
        """The audit trail has it."""
        return None


@admin.register(LegalText)
class LegalTextAdmin(_NeverChanged, LargeTableAdmin[LegalText]):
    """What was shown, word for word."""

    list_display = ["edition", "kind", "first_shown_at"]
    list_filter = ["kind"]
    fields = ["kind", "edition", "first_shown_at", "shown"]
    readonly_fields = ["kind", "edition", "first_shown_at", "shown"]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    @admin.display(description="text")
    def shown(self, row: LegalText) -> SafeString:
        """As customers saw it: HTML that our own templates made, what staff typed in it escaped."""
        return mark_safe(row.text)  # noqa: S308
