"""What the API, pages, and sockets say of a message and its conversation: delivery, refunds, and the state around them."""

from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from core.money import format_money
from messaging.models import Conversation, Message
from messaging.states import Delivery, Side

_REFUNDED_BECAUSE = {
    "unanswered": gettext_noop("no reply in time"),
    "undelivered": gettext_noop("it couldn’t be delivered"),
    "blocked": gettext_noop("the conversation ended before a reply"),
}
_BY_STAFF = gettext_noop("by our staff")


def describe_refund(message: Message, reader: Side) -> str:
    """What became of the money of a message, as its reader is told; empty if it was kept."""
    if not message.given_back_minor:
        return ""
    is_part = message.given_back_minor < message.charged_minor
    amount = format_money(message.given_back_minor, message.currency)
    of = format_money(message.charged_minor, message.currency)
    if reader == Side.OPERATOR:
        words = _("Refunded to the customer in part") if is_part else _("Refunded to the customer")
    elif is_part:
        words = _("%(amount)s of %(charged)s refunded") % {"amount": amount, "charged": of}
    else:
        words = _("%(amount)s refunded") % {"amount": amount}
    why = refund_reason(message)
    return f"{words}: {why}" if message.refund_reason else f"{words} {why}"


def refund_reason(message: Message) -> str:
    """Why money of a message was given back, in words; empty if none was."""
    if not message.given_back_minor:
        return ""
    return _(_REFUNDED_BECAUSE.get(message.refund_reason, _BY_STAFF))


def delivery_of(message: Message, conversation: Conversation) -> Delivery:
    """How far it got on its way to the other side."""
    receiver = Side(message.sender_type).other
    if message.number <= conversation.read_by(receiver):
        return Delivery.READ
    if message.failed_at is not None:
        return Delivery.FAILED  # whatever became of later ones
    return Delivery.DELIVERED if message.number <= conversation.delivered_to(receiver) else Delivery.SENT


def serialize_conversation(conversation: Conversation, reader: Side) -> dict[str, Any]:
    """The state around the messages: whom with, how far each side has read, what is begun."""
    other = reader.other
    return {
        "conversation_id": conversation.pk,
        "operator_id": conversation.operator_id,
        "with": conversation.operator.stage_name if reader == Side.CUSTOMER else conversation.customer.alias,
        "last_number": conversation.last_number,
        "unread": conversation.unread_by(reader),
        "read_by_other": conversation.read_by(other),
        "delivered_to_other": conversation.delivered_to(other),
        "draft": conversation.customer_draft if reader == Side.CUSTOMER else conversation.operator_draft,
    }
