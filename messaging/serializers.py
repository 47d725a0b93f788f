"""What the API of messages takes and gives: read, written, and documented from the same fields."""

from datetime import UTC, datetime
from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from core.parse import MAX_ID
from core.serializers import Answer, IsoTimeField, MoneyField
from messaging.models import Message
from messaging.serialization import delivery_of, describe_refund, refund_reason
from messaging.states import MessageType, Side

_CUSTOMERS = "For the customer alone."
_ACCEPTS = (
    "Send a text with a phone number, email address, or card number in it with that hidden. Without this such a text"
    " is refused (409 contacts_hidden), and `preview` shows how it would read."
)


class SendRequest(serializers.Serializer[Any]):
    """A customer's text. `expected_price`: refuse (409 price_changed) instead of charging another price."""

    operator_id = serializers.IntegerField(min_value=1, max_value=MAX_ID)
    message_text = serializers.CharField(max_length=20_000, trim_whitespace=False)
    message_type = serializers.ChoiceField(choices=MessageType.choices, default=MessageType.CHAT)
    expected_price = serializers.DecimalField(max_digits=9, decimal_places=2, required=False, min_value=0)
    accept_hiding = serializers.BooleanField(default=False, help_text=_ACCEPTS)


class ReplyRequest(serializers.Serializer[Any]):
    """An operator's answer."""

    conversation_id = serializers.IntegerField(min_value=1, max_value=MAX_ID)
    message_text = serializers.CharField(max_length=20_000, trim_whitespace=False)
    accept_hiding = serializers.BooleanField(default=False, help_text=_ACCEPTS)


class WhichRequest(serializers.Serializer[Any]):
    """Which conversation: by operator (customers) or by its id."""

    operator_id = serializers.IntegerField(min_value=1, max_value=MAX_ID, required=False)
    conversation_id = serializers.IntegerField(min_value=1, max_value=MAX_ID, required=False)


class ReadRequest(WhichRequest):
    """Everything up to this message was seen; without it, everything."""

    up_to = serializers.IntegerField(min_value=0, max_value=2**31 - 1, required=False)


class DraftRequest(WhichRequest):
    """What was begun."""

    message_text = serializers.CharField(max_length=20_000, allow_blank=True, trim_whitespace=False)


class ReportRequest(WhichRequest):
    """What happened."""

    reason = serializers.CharField(max_length=500)


class BlockRequest(WhichRequest):
    """Whether there may be no contact (default) or again."""

    blocked = serializers.BooleanField(default=True)


@extend_schema_field(str)
class _SeedTimeField(serializers.DateTimeField):
    def to_representation(self, value: datetime) -> str:
        return value.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S")


class MessageShape(serializers.Serializer[Message]):
    """One message, oldest first in lists."""

    # The context holds the message's `conversation` and the side of its `reader`.

    message_id = serializers.CharField()
    sender_type = serializers.ChoiceField(choices=Side.choices)
    message_text = serializers.CharField(source="text")
    created_at = _SeedTimeField(help_text="UTC, as 2025-10-16 14:30:00.")
    sent_at = IsoTimeField(source="created_at")
    message_type = serializers.ChoiceField(choices=MessageType.choices)
    automatic = serializers.BooleanField(
        source="is_automatic", help_text="Sent by itself while the operator was away. It answers nothing."
    )
    number = serializers.IntegerField(help_text="1, 2, 3 … in this conversation, without a gap.")
    delivery = serializers.SerializerMethodField()
    refunded = serializers.SerializerMethodField(help_text="In full or in part.")
    refund_reason = serializers.SerializerMethodField()
    note = serializers.SerializerMethodField(
        help_text="For a person: what was refunded, and why; empty if nothing was."
    )
    charged = MoneyField(source="charged_minor", required=False, help_text=_CUSTOMERS)
    refunded_amount = MoneyField(source="given_back_minor", required=False, help_text=_CUSTOMERS)
    net_charged = MoneyField(source="paid_minor", required=False, help_text=_CUSTOMERS)

    def to_representation(self, instance: Message) -> dict[str, Any]:
        fields = super().to_representation(instance)
        if self.context["reader"] != Side.CUSTOMER:
            del fields["charged"], fields["refunded_amount"], fields["net_charged"]
        return fields

    def get_delivery(self, message: Message) -> str:
        return delivery_of(message, self.context["conversation"])

    def get_refunded(self, message: Message) -> bool:
        return message.given_back_minor > 0

    def get_refund_reason(self, message: Message) -> str:
        return refund_reason(message)

    def get_note(self, message: Message) -> str:
        return describe_refund(message, self.context["reader"])


class SendAnswer(Answer):
    """The message and what it came to."""

    message_id = serializers.CharField(source="message.message_id")
    charged = MoneyField(source="message.charged_minor")
    balance_remaining = MoneyField(
        source="available_minor", help_text="What can be spent: not held for a call in progress."
    )
    conversation_id = serializers.IntegerField(source="message.conversation_id")
    message = MessageShape()


class ReplyAnswer(Answer):
    """The message."""

    message_id = serializers.CharField()
    message = MessageShape(source="*")


class ConversationAnswer(Answer):
    """A page of a conversation."""

    messages = MessageShape(many=True)
    before = serializers.IntegerField(allow_null=True, help_text="`before` of the older page.")
    conversation = serializers.DictField(allow_null=True)


class Done(Answer):
    """It is so."""
