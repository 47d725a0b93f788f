"""A message that answers by itself while an operator is away by choice: free, once for each conversation and absence.

It answers nothing: what the customer wrote stays unanswered and unread, its refund stays due, no reply time is counted, and
the lists go on showing the customer's text. It is on the pages alone: no SMS, no email, no notification.
"""

from datetime import datetime

from billing import conf as billing_conf
from core.contact_masking import mask
from core.ids import new_id
from messaging.models import BrandRules, Conversation, Message
from messaging.push import push_automatic
from messaging.services.append import fingerprint
from messaging.states import MessageType, Side
from operators.absence import absence_of


def reply_automatically(conversation: Conversation, *, rules: BrandRules, at: datetime) -> Message | None:
    """After a text of the customer in the locked `conversation`; None where nothing is to be said. In its transaction."""
    absence = absence_of(conversation.operator, at)
    before = conversation.auto_replied_at
    if absence is None or (before is not None and (absence.since is None or before >= absence.since)):
        return None
    text = mask(absence.text, contacts=rules.masks_contacts)
    conversation.last_number += 1
    message = Message.objects.create(
        message_id=new_id("msg"),
        conversation=conversation,
        number=conversation.last_number,
        sender_type=Side.OPERATOR,
        message_type=MessageType.CHAT,
        text=text,
        text_sha256=fingerprint(text),
        currency=billing_conf.currency(),
        is_automatic=True,
        created_at=at,
    )
    conversation.auto_replied_at = at
    conversation.save(update_fields=["last_number", "auto_replied_at"])
    push_automatic(conversation, message.number)
    return message
