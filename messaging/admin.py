"""Messages in the admin: settings of a brand, reports, and who writes to whom, without the texts."""

from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse

from core.admin import LargeTableAdmin, ReadOnlyAdmin
from core.errors import DomainError
from core.parse import MAX_ID, whole_number
from core.phones import is_e164
from core.recorded_admin import RecordedAdmin, last_two_digits
from customers.models import User
from messaging.models import (
    BrandRules,
    ChatSession,
    Conversation,
    PoolNumber,
    Report,
    Sms,
    SmsConsent,
)
from messaging.pages import STAFF_CONVERSATION
from messaging.services.report import close_report
from phones.selectors import find_number


@admin.register(BrandRules)
class BrandRulesAdmin(RecordedAdmin[BrandRules]):
    """What differs by brand. Changes are on record."""

    record_name = "brand_rules"
    list_display = ["brand", "sms_mode", "answer_within_hours", "masks_contacts"]
    list_select_related = ["brand"]


@admin.register(PoolNumber)
class PoolNumberAdmin(RecordedAdmin[PoolNumber]):
    """Numbers of ours; one that was used is switched off, not removed. Changes are on record."""

    record_name = "pool_number"
    masks = {"number": last_two_digits}

    list_display = ["number", "brand", "is_active"]
    list_select_related = ["brand"]

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(Conversation)
class ConversationAdmin(ReadOnlyAdmin[Conversation]):
    """Who writes to whom. No word of it is shown here: staff who read a conversation say why (`STAFF_CONVERSATION`)."""

    list_display = ["pk", "customer", "operator", "brand", "last_number", "last_message_at"]
    list_select_related = ["customer", "operator", "brand"]
    search_fields = ["customer__alias__exact", "operator__stage_name__exact", "messages__message_id__exact"]
    search_help_text = "A full alias, stage name, or message id"
    fields = ["customer", "operator", "brand", "created_at", "last_message_at", "last_number"]

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """Django's, with the form for a reason."""
        number = whole_number(object_id, most=MAX_ID)
        read_url = STAFF_CONVERSATION.path(number) if number is not None else ""
        return super().change_view(
            request, object_id, form_url, {**(extra_context or {}), "read_url": read_url}
        )


@admin.register(Report)
class ReportAdmin(LargeTableAdmin[Report]):
    """What one side told us of the other. Closing one needs a word on what came of it."""

    list_display = ["created_at", "reported_by", "reason", "conversation", "handled_at", "outcome"]
    list_filter = [("handled_at", admin.EmptyFieldListFilter)]
    list_select_related = ["conversation"]
    fields = ["conversation", "reported_by", "reason", "up_to_number", "created_at", "handled_at", "outcome"]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def get_readonly_fields(self, request: HttpRequest, obj: Report | None = None) -> list[str]:
        is_open = obj is not None and obj.handled_at is None
        return [name for name in self.fields if not (is_open and name == "outcome")]  # type: ignore[misc]

    def save_model(self, request: HttpRequest, obj: Report, form: Any, change: bool) -> None:
        actor = _staff(request)
        assert actor is not None, "the admin is for staff"
        try:
            close_report(report_id=obj.pk, outcome=obj.outcome, actor=actor)
        except DomainError as error:
            self.message_user(request, error.message, messages.ERROR)


@admin.register(ChatSession)
class ChatSessionAdmin(ReadOnlyAdmin[ChatSession]):
    list_display = ["started_at", "last_at", "conversation", "customer_messages", "operator_messages"]
    list_select_related = ["conversation"]


@admin.register(Sms)
class SmsAdmin(ReadOnlyAdmin[Sms]):
    """What went over the air: whose phone, by its last two digits; no text."""

    list_display = ["created_at", "direction", "kind", "state", "error_code", "phone", "our_number", "sid"]
    list_filter = ["direction", "kind", "state"]
    list_select_related = ["phone_number"]
    search_fields = ["sid__exact", "reference__exact"]
    search_help_text = "A full SID or reference"
    fields = [
        "created_at", "direction", "kind", "state", "error_code", "phone", "our_number", "sid", "reference",
        "changed_at",
    ]  # fmt: skip

    def get_queryset(self, request: HttpRequest) -> QuerySet[Sms]:
        return super().get_queryset(request).defer("body")

    @admin.display(description="phone")
    def phone(self, sms: Sms) -> str:
        return sms.phone_number.hint


@admin.register(SmsConsent)
class SmsConsentAdmin(ReadOnlyAdmin[SmsConsent]):
    """The evidence, word for word."""

    list_display = ["created_at", "action", "source", "said", "phone", "our_number", "sid"]
    list_filter = ["action", "source"]
    list_select_related = ["phone_number"]
    search_fields = ["sid__exact"]
    search_help_text = "A full number (+12125550100) or SID"
    fields = ["created_at", "action", "source", "said", "phone", "our_number", "sid"]

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[SmsConsent], search_term: str
    ) -> tuple[QuerySet[SmsConsent], bool]:
        if is_e164(number := search_term.strip()):
            return queryset.filter(phone_number=find_number(number)), False
        return super().get_search_results(request, queryset, search_term)

    @admin.display(description="phone")
    def phone(self, consent: SmsConsent) -> str:
        return consent.phone_number.hint


def _staff(request: HttpRequest) -> User | None:
    return request.user if isinstance(request.user, User) else None
