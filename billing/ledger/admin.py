"""The books in the admin: to read, never to write. Exact search, no counting of whole tables."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet, Sum
from django.http import HttpRequest

from billing.ledger.models import Account, Entry, Seal, Transaction
from core.admin import ReadOnlyAdmin
from core.money import format_money


class EntryInline(admin.TabularInline[Entry, Transaction]):
    model = Entry
    extra = 0
    can_delete = False
    fields = ["account", "amount"]
    readonly_fields = ["account", "amount"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Entry]:
        return super().get_queryset(request).select_related("account", "transaction").order_by("id")

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    @admin.display(description="amount")
    def amount(self, entry: Entry) -> str:
        return format_money(entry.amount_minor, entry.transaction.currency)


@admin.register(Transaction)
class TransactionAdmin(ReadOnlyAdmin[Transaction]):
    """Why money moved, newest first."""

    list_display = [
        "id", "created_at", "kind", "amount", "operators_part", "platforms_part", "minutes", "rate", "customer",
        "operator", "reference",
    ]  # fmt: skip
    list_filter = ["kind"]
    list_select_related = ["customer", "operator"]
    search_fields = ["reference__exact", "idempotency_key__exact"]
    search_help_text = "A call id, or an idempotency key"
    inlines = [EntryInline]
    fields = [
        "kind", "created_at", "amount", "operators_part", "platforms_part", "minutes", "rate", "customer", "operator",
        "brand", "reference", "description", "actor", "reason", "reverses", "idempotency_key",
    ]  # fmt: skip

    @admin.display(description="amount")
    def amount(self, transaction: Transaction) -> str:
        return format_money(transaction.amount_minor, transaction.currency)

    @admin.display(description="operator's part")
    def operators_part(self, transaction: Transaction) -> str:
        return format_money(transaction.operator_minor, transaction.currency)

    @admin.display(description="platform's part")
    def platforms_part(self, transaction: Transaction) -> str:
        return format_money(transaction.platform_minor, transaction.currency)

    @admin.display(description="minutes", empty_value="")
    def minutes(self, transaction: Transaction) -> int | float | None:
        return transaction.minutes

    @admin.display(description="rate", empty_value="")
    def rate(self, transaction: Transaction) -> str | None:
        return (
            None
            if transaction.rate_minor is None
            else format_money(transaction.rate_minor, transaction.currency)
        )


@admin.register(Account)
class AccountAdmin(ReadOnlyAdmin[Account]):
    """Wallets, payables and the platform's own accounts."""

    list_display = ["id", "kind", "name", "customer", "operator", "balance", "held"]
    list_filter = ["kind"]
    list_select_related = ["customer", "operator"]
    search_fields = ["customer__user__email__exact", "customer__alias__exact", "operator__slug__exact"]
    search_help_text = "A customer's email address or alias, or an operator's address name"
    fields = [
        "kind",
        "name",
        "customer",
        "operator",
        "currency",
        "balance",
        "held",
        "sum_of_entries",
        "created_at",
    ]

    @admin.display(description="balance", empty_value="see sum")
    def balance(self, account: Account) -> str | None:
        return format_money(account.balance_minor, account.currency) if account.has_owner else None

    @admin.display(description="held", empty_value="")
    def held(self, account: Account) -> str | None:
        return format_money(account.held_minor, account.currency) if account.held_minor else None

    @admin.display(description="sum of all entries")
    def sum_of_entries(self, account: Account) -> str:
        total = Entry.objects.filter(account=account).aggregate(total=Sum("amount_minor"))["total"] or 0
        return format_money(total, account.currency)


@admin.register(Seal)
class SealAdmin(ReadOnlyAdmin[Seal]):
    """The chain of seals, newest first, to compare with the daily mails."""

    list_display = ["number", "sealed_at", "first_id", "last_id", "transactions", "digest_in_hex"]
    ordering = ["-number"]
    search_fields = ["number__exact"]
    search_help_text = "The number of a seal"
    fields = [
        "number",
        "sealed_at",
        "format",
        "first_id",
        "last_id",
        "transactions",
        "root_in_hex",
        "previous_in_hex",
        "digest_in_hex",
    ]

    @admin.display(description="digest")
    def digest_in_hex(self, seal: Seal) -> str:
        return bytes(seal.digest).hex()

    @admin.display(description="root")
    def root_in_hex(self, seal: Seal) -> str:
        return bytes(seal.root).hex()

    @admin.display(description="digest of the seal before")
    def previous_in_hex(self, seal: Seal) -> str:
        return bytes(seal.previous).hex()
