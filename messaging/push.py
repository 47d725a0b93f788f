"""What open pages are told: that something changed and where. Texts are fetched, never pushed (`core.push`)."""

from typing import Any

from billing.domain_events import sale_refunded
from core import push
from messaging.models import Conversation, Message
from messaging.states import Side


def conversation_group(conversation_id: int) -> str:
    """The websocket group of everybody who has this conversation open."""
    return f"conversation.{conversation_id}"


def push_message(conversation: Conversation, number: int, sender: Side) -> None:
    """After commit: there is a message of this number, in the conversation and in its reader's lists."""
    _push(conversation.pk, {"type": "message", "number": number, "sender_type": sender})
    push_unread(conversation, sender.other)


def push_automatic(conversation: Conversation, number: int) -> None:
    """After commit: there is an automatic reply of this number. It waits for nobody."""
    _push(conversation.pk, {"type": "message", "number": number, "sender_type": Side.OPERATOR})


def push_changed(conversation: Conversation, number: int) -> None:
    """After commit: the message of this number changed (given back, not delivered)."""
    _push(conversation.pk, {"type": "changed", "number": number})


@sale_refunded.listener
def push_given_back(*, reference: str) -> None:
    """What a message cost was given back, in part or in full, whoever did it: pages show it. Other sales: nothing."""
    message = Message.objects.select_related("conversation").filter(message_id=reference).first()
    if message is not None:
        push_changed(message.conversation, message.number)


def push_marks(conversation: Conversation, side: Side) -> None:
    """After commit: up to where `side` got and read the conversation."""
    _push(
        conversation.pk,
        {
            "type": "marks",
            "side": side,
            "delivered": conversation.delivered_to(side),
            "read": conversation.read_by(side),
        },
    )


def push_draft(conversation_id: int, side: Side, *, by: str = "") -> None:
    """After commit: what `side` has begun to write changed. `by`: the channel of the page where, which knows."""
    _push(conversation_id, {"type": "draft", "side": side, "by": by})


def push_unread(conversation: Conversation, side: Side) -> None:
    """After commit: how many messages wait for this person, to all their pages."""
    owner = conversation.customer if side == Side.CUSTOMER else conversation.operator
    group = f"{side}.{owner.pk}"
    push.hint_after_commit([group], f"messages.{owner.pk}", conversation=conversation.pk)


def _push(conversation_id: int, payload: dict[str, Any]) -> None:
    push.after_commit([conversation_group(conversation_id)], lambda: {"type": "push", "payload": payload})
