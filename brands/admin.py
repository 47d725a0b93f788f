"""Brands in the admin: few rows, changed rarely."""

from django.contrib import admin

from brands.models import Brand, BrandHost


class HostInline(admin.StackedInline[BrandHost, Brand]):
    model = BrandHost
    extra = 0


@admin.register(Brand)
class BrandAdmin(admin.ModelAdmin[Brand]):
    list_display = ["name", "slug", "caller_id", "customer_confirms", "is_active"]
    prepopulated_fields = {"slug": ["name"]}
    inlines = [HostInline]
