"""Calls in the admin: read-only, searched by exact id, with the timeline and what was charged."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from billing.receipt_numbers import MistypedReceiptNumber, ReceiptOf, read_receipt_number
from core import clock
from core.admin import ReadOnlyAdmin
from core.money import format_money
from customers.admin import CustomerAdmin
from telephony.models import Call, CallEvent
from telephony.snapshots import estimated_minor


@admin.register(Call)
class CallAdmin(ReadOnlyAdmin[Call]):
    list_display = [
        "call_id",
        "initiated_at",
        "customer",
        "operator",
        "brand",
        "status",
        "end_reason",
        "talk",
        "charge",
    ]
    list_filter = ["status", "needs_review", "brand"]
    list_select_related = ["customer", "operator", "brand", "authorization"]
    search_fields = ["call_id__exact"]
    search_help_text = "A call id"
    fieldsets = [
        (None, {"fields": ["call_id", "brand", "customer", "operator", "status", "end_reason", "ended_by", "needs_review"]}),
        ("Money", {"fields": ["charge", "talk", "authorization"]}),
        (
            "Timeline",
            {
                "fields": [
                    "initiated_at", "ringing_at", "customer_answered_at", "customer_no_key_at",
                    "operator_ringing_at", "operator_answered_at", "joined_at", "left_at", "ended_at", "joined_ms", "node", "events",
                ]
            },
        ),
    ]  # fmt: skip
    readonly_fields = ["charge", "talk", "events"]

    @admin.display(description="seconds charged")
    def talk(self, call: Call) -> int | None:
        return call.charged_seconds

    @admin.display(description="charged")
    def charge(self, call: Call) -> str:
        if call.authorization is None:
            return format_money(0)
        return format_money(estimated_minor(call, clock.now()), call.authorization.currency)

    @admin.display(description="what the adapter reported")
    def events(self, call: Call) -> SafeString:
        rows = [
            (
                timezone.localtime(event.ts).isoformat(sep=" ", timespec="milliseconds"),
                event.state,
                _told(event),
            )
            for event in call.events.order_by("id")[:200]
        ]
        return format_html("<ol>{}</ol>", format_html_join("", "<li>{} <b>{}</b> {}</li>", rows))


def _customers_of_receipt(text: str) -> QuerySet[Any, Any]:
    """Of the receipt number of a call, also of one that cost nothing."""
    try:
        number = read_receipt_number(text)
    except MistypedReceiptNumber:  # said by the search for the others (`billing.admin`)
        return Call.objects.none().values("customer")
    is_call = number.of == ReceiptOf.CALL
    return Call.objects.filter(pk__in=[number.id] if is_call else []).values("customer")


CustomerAdmin.searches = [*CustomerAdmin.searches, _customers_of_receipt]


def _told(event: CallEvent) -> str:
    return ", ".join(f"{key} {value}" for key, value in sorted(event.metadata.items()))
