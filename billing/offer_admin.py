"""Offers in the admin: staff make and change them, on record, and see what was claimed."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from billing import offer_rules
from billing.conf import currency
from billing.models import Offer, OfferClaim, OfferDay
from core import clock
from core.admin import LargeTableAdmin, ReadOnlyAdmin
from core.money import format_money
from core.recorded_admin import RecordedAdmin


@admin.register(Offer)
class OfferAdmin(RecordedAdmin[Offer]):
    """What customers are given. One that was claimed is switched off, never deleted."""

    record_name = "offer"
    list_display = [
        "name",
        "kind",
        "brand",
        "gives",
        "at_most",
        "today",
        "daily_budget",
        "ends_at",
        "is_active",
    ]
    list_filter = ["kind", "brand", "is_active"]
    list_select_related = ["brand"]
    search_fields = ["name", "code"]
    formfield_overrides = LargeTableAdmin.formfield_overrides
    fieldsets = [
        (None, {"fields": ["kind", "name", "brand", "code", "most_uses", "is_active"]}),
        ("What it gives", {"fields": ["minutes", "covers_fee", "expires_days", "bonus_minor", "bonus_bps", "bonus_most_minor"]}),
        ("Limits", {"fields": ["daily_budget_minor", "starts_at", "ends_at"]}),
    ]  # fmt: skip

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        """Who had it once is known by these."""
        return ["kind", "code"] if obj else []

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def gives(self, offer: Offer) -> str:
        return offer_rules.describe(offer)

    @admin.display(description="costs at most")
    def at_most(self, offer: Offer) -> str:
        return format_money(offer_rules.cost_at_most(offer), currency())

    @admin.display(description="counted today")
    def today(self, offer: Offer) -> str:
        day = OfferDay.objects.filter(offer=offer, day=offer_rules.budget_day(clock.now())).first()
        return format_money(day.cost_minor if day else 0, currency())

    @admin.display(description="daily budget")
    def daily_budget(self, offer: Offer) -> str:
        return format_money(offer.daily_budget_minor, currency())


@admin.register(OfferClaim)
class OfferClaimAdmin(ReadOnlyAdmin[OfferClaim]):
    """Who was given what."""

    list_display = ["claimed_at", "offer", "customer", "brand", "bonus", "taken_back", "counted"]
    list_filter = ["offer__kind", "brand"]
    ordering = ["-id"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[OfferClaim]:
        return super().get_queryset(request).select_related("offer", "customer", "brand")

    def bonus(self, claim: OfferClaim) -> str:
        return format_money(claim.bonus_minor, currency())

    @admin.display(description="taken back")
    def taken_back(self, claim: OfferClaim) -> str:
        return format_money(claim.taken_back_minor, currency())

    @admin.display(description="counted for the day")
    def counted(self, claim: OfferClaim) -> str:
        return format_money(claim.cost_minor, currency())
