"""Card payments in the admin: merchant accounts are set up here, payments are read."""

from django import forms
from django.contrib import admin

from billing.gateways import GATEWAYS
from billing.models import MerchantAccount, PayBack, Payment
from core.admin import ReadOnlyAdmin
from core.money import format_money
from core.recorded_admin import RecordedAdmin


class MerchantAccountForm(forms.ModelForm[MerchantAccount]):
    """Offers the processors that there are."""

    class Meta:
        model = MerchantAccount
        fields = [
            "brand",
            "gateway",
            "account",
            "statement_text",
            "support_phone",
            "fee_bps",
            "fee_fixed_minor",
            "is_active",
        ]

    def __init__(self, *args: object, **options: object) -> None:
        super().__init__(*args, **options)  # type: ignore[arg-type]
        if "gateway" in self.fields:
            self.fields["gateway"] = forms.ChoiceField(
                label="Processor", choices=[(name, name) for name in sorted(GATEWAYS)]
            )


@admin.register(MerchantAccount)
class MerchantAccountAdmin(RecordedAdmin[MerchantAccount]):
    """Where each brand's card payments go, and what the statement says. Changes are on record."""

    record_name = "merchant_account"
    form = MerchantAccountForm
    list_display = ["brand", "gateway", "account", "statement_text", "support_phone", "is_active"]
    list_select_related = ["brand"]


class PayBackInline(admin.TabularInline[PayBack, Payment]):
    """What went back to the card of a payment."""

    model = PayBack
    fields = ("created_at", "amount_minor", "state", "sent_at", "ended_at", "reason")
    readonly_fields = fields
    extra = 0
    can_delete = False

    def has_add_permission(self, request: object, obj: object = None) -> bool:
        return False


@admin.register(Payment)
class PaymentAdmin(ReadOnlyAdmin[Payment]):
    """Every payment, the newest first."""

    list_display = ["public_id", "created_at", "customer", "merchant_account", "amount", "state", "problem"]
    list_filter = ["state", "problem"]
    list_select_related = ["customer", "merchant_account"]
    search_fields = ["customer__user__email__exact", "public_id__exact", "processor_reference__exact"]
    search_help_text = "A customer's email address, our number of the payment, or the processor's"
    ordering = ["-id"]
    exclude = ["card", "network_hash"]
    inlines = [PayBackInline]

    @admin.display(description="amount")
    def amount(self, payment: Payment) -> str:
        return format_money(payment.amount_minor, payment.currency)
