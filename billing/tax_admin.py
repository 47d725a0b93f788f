"""Tax in the admin: jurisdictions with their ZIP codes, rates, and what each brand decides. Changes are on record."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from billing.models import BrandTax, TaxJurisdiction, TaxRate, TaxZip
from billing.taxes import as_percent
from core.recorded_admin import RecordedAdmin


class TaxZipInline(admin.StackedInline[TaxZip, TaxJurisdiction]):
    """How the ZIP codes of a jurisdiction begin."""

    model = TaxZip
    extra = 3


@admin.register(TaxJurisdiction)
class TaxJurisdictionAdmin(RecordedAdmin[TaxJurisdiction]):
    """Whom tax is owed to, and where that is."""

    record_name = "tax_jurisdiction"
    list_display = ["code", "name"]
    inlines = [TaxZipInline]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        """The books name it by its code."""
        return ["code"] if obj else []


@admin.register(TaxRate)
class TaxRateAdmin(RecordedAdmin[TaxRate]):
    """What is taxed since when. What was sold keeps the rate it was sold at."""

    record_name = "tax_rate"
    list_display = ["jurisdiction", "starts_on", "ends_on", "talk", "texts", "connection_fee", "tips"]
    list_filter = ["jurisdiction"]
    list_select_related = ["jurisdiction"]

    def talk(self, row: TaxRate) -> str:
        return as_percent(row.voice_millionths)

    def texts(self, row: TaxRate) -> str:
        return as_percent(row.text_millionths)

    def connection_fee(self, row: TaxRate) -> str:
        return as_percent(row.fee_millionths)

    def tips(self, row: TaxRate) -> str:
        return as_percent(row.tip_millionths)


@admin.register(BrandTax)
class BrandTaxAdmin(RecordedAdmin[BrandTax]):
    """Where a brand is at home, and whether its prices contain tax."""

    record_name = "brand_tax"
    list_display = ["brand", "home_zip", "is_included"]
    list_select_related = ["brand"]
