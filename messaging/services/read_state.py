"""A side got or read a conversation up to a message."""

from core.db import transactional
from messaging.models import Conversation, Message
from messaging.push import push_marks, push_unread
from messaging.states import Side


@transactional
def mark_read(*, conversation_id: int, side: Side, up_to: int) -> Conversation:
    """`side` has seen everything up to number `up_to`. Never goes back; a number that is not there yet is the last."""
    conversation = _locked(conversation_id)
    up_to = min(up_to, conversation.last_number)
    if up_to <= conversation.read_by(side):
        return conversation
    unread = Message.objects.filter(
        conversation=conversation, number__gt=up_to, sender_type=side.other, is_automatic=False
    ).count()
    setattr(conversation, f"{side}_read", up_to)
    setattr(conversation, f"{side}_delivered", max(up_to, conversation.delivered_to(side)))
    setattr(conversation, f"{side}_unread", unread)
    conversation.save(update_fields=[f"{side}_read", f"{side}_delivered", f"{side}_unread"])
    push_marks(conversation, side)
    push_unread(conversation, side)
    return conversation


@transactional
def mark_delivered(*, conversation_id: int, side: Side, up_to: int) -> Conversation:
    """Everything up to number `up_to` reached a device of `side`. Never goes back."""
    conversation = _locked(conversation_id)
    up_to = min(up_to, conversation.last_number)
    if up_to > conversation.delivered_to(side):
        setattr(conversation, f"{side}_delivered", up_to)
        conversation.save(update_fields=[f"{side}_delivered"])
        push_marks(conversation, side)
    return conversation


def _locked(conversation_id: int) -> Conversation:
    rows = Conversation.objects.select_for_update(of=("self",)).select_related("customer", "operator")
    return rows.get(pk=conversation_id)
