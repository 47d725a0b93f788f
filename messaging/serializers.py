"""What the API of messages takes and gives, for checking and for the OpenAPI document."""

from typing import Any

from rest_framework import serializers

from core.parse import MAX_ID
from messaging.states import MessageType, Side


class SendRequest(serializers.Serializer[Any]):
    """A customer's text. `expected_price`: refuse (409 price_changed) instead of charging another price."""

    operator_id = serializers.IntegerField(min_value=1, max_value=MAX_ID)
    message_text = serializers.CharField(max_length=20_000, trim_whitespace=False)
    message_type = serializers.ChoiceField(choices=MessageType.choices, default=MessageType.CHAT)
    expected_price = serializers.DecimalField(max_digits=9, decimal_places=2, required=False, min_value=0)


class SendAnswer(serializers.Serializer[Any]):
    """The message and what it came to."""

    success = serializers.BooleanField()
    message_id = serializers.CharField()
    charged = serializers.FloatField()
    balance_remaining = serializers.FloatField(help_text="What can be spent: not held for a running call.")
    conversation_id = serializers.IntegerField()
    message = serializers.DictField()


class ReplyRequest(serializers.Serializer[Any]):
    """An operator's answer."""

    conversation_id = serializers.IntegerField(min_value=1, max_value=MAX_ID)
    message_text = serializers.CharField(max_length=20_000, trim_whitespace=False)


class ReplyAnswer(serializers.Serializer[Any]):
    """The message."""

    success = serializers.BooleanField()
    message_id = serializers.CharField()
    message = serializers.DictField()


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


class MessageShape(serializers.Serializer[Any]):
    """One message, oldest first in lists."""

    message_id = serializers.CharField()
    sender_type = serializers.ChoiceField(choices=Side.choices)
    message_text = serializers.CharField()
    created_at = serializers.CharField(help_text="UTC, as 2025-10-16 14:30:00.")
    sent_at = serializers.DateTimeField()
    message_type = serializers.ChoiceField(choices=MessageType.choices)
    number = serializers.IntegerField(help_text="1, 2, 3 … in this conversation, without a gap.")
    delivery = serializers.CharField()
    refunded = serializers.BooleanField(help_text="In full or in part.")
    refund_reason = serializers.CharField()
    note = serializers.CharField(help_text="For a person: what became of its money; empty if nothing did.")
    charged = serializers.FloatField(required=False, help_text="For the customer alone.")
    refunded_amount = serializers.FloatField(required=False, help_text="For the customer alone.")


class ConversationAnswer(serializers.Serializer[Any]):
    """A page of a conversation."""

    success = serializers.BooleanField()
    messages = MessageShape(many=True)
    before = serializers.IntegerField(allow_null=True, help_text="`before` of the older page.")
    conversation = serializers.DictField(allow_null=True)


class Done(serializers.Serializer[Any]):
    """It is so."""

    success = serializers.BooleanField()
