"""The one way a message comes to be: number, counters, windows, what it answers, how it travels, who is told.

Called inside the transaction of a verb that holds the conversation's row.
"""

import hashlib
from datetime import datetime, timedelta

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from billing.services.charge_message import MessageCharge
from brands.models import Brand
from core import clock
from core.contact_masking import ADDRESS, CARD, NUMBER, hidden_kinds, mask
from customers.models import Customer
from messaging import conf, errors
from messaging.models import BrandRules, ChatSession, Conversation, Message, ReplyWait
from messaging.push import push_draft, push_marks, push_message, push_unread
from messaging.segments import segment_count
from messaging.selectors import messages_of
from messaging.services.deliver_by_sms import deliver_by_sms
from messaging.services.tell_operator import tell_operator_later
from messaging.services.tell_waiting import tell_later
from messaging.states import MessageType, Side
from operators.absence import was_on_vacation
from operators.models import Operator
from operators.services.count_activity import count_message

_MINUTE = timedelta(minutes=1)


def lock_conversation(customer: Customer, operator: Operator, brand: Brand) -> Conversation:
    """Their conversation, locked until the end of the transaction; made if there is none."""
    row = Conversation(customer=customer, operator=operator, brand=brand, created_at=clock.now())
    rows = Conversation.objects.select_for_update(of=("self",)).filter(customer=customer, operator=operator)
    conversation = rows.first()
    if conversation is None:
        Conversation.objects.bulk_create([row], ignore_conflicts=True)
        conversation = rows.get()
    conversation.customer, conversation.operator = customer, operator
    return conversation


def checked_text(text: str, message_type: MessageType, rules: BrandRules) -> str:
    """The text as it will be kept: trimmed and masked. Raises EmptyText, TextTooLong."""
    trimmed = _trimmed(text)
    if not trimmed:
        raise errors.EmptyText(_("The message is empty."))
    if len(trimmed) > conf.max_length():
        raise errors.TextTooLong(
            _("A message can have at most %(most)s characters.") % {"most": conf.max_length()},
            limit=conf.max_length(),
        )
    stored_text = mask(trimmed, contacts=rules.masks_contacts)
    if message_type == MessageType.SMS and segment_count(stored_text) > conf.max_segments():
        raise errors.TextTooLong(
            _("The text is too long for SMS. Please make it shorter, or write on the site."),
            limit=conf.max_segments(),
        )
    return stored_text


def ask_before_hiding(text: str, rules: BrandRules) -> None:
    """Raises ContactsHidden, with how the message will read, if something in `text` will be hidden."""
    trimmed = _trimmed(text)
    kinds = hidden_kinds(trimmed, contacts=rules.masks_contacts)
    if kinds:
        raise errors.ContactsHidden(
            _describe_hiding(kinds), preview=mask(trimmed, contacts=rules.masks_contacts)
        )


def _describe_hiding(kinds: list[str]) -> str:
    if len(set(kinds)) > 1:
        return _("We’ll hide parts of your message.")
    count = len(kinds)
    sentences = {
        NUMBER: ngettext(
            "We’ll hide the phone number in your message.",
            "We’ll hide the phone numbers in your message.",
            count,
        ),
        ADDRESS: ngettext(
            "We’ll hide the email address in your message.",
            "We’ll hide the email addresses in your message.",
            count,
        ),
        CARD: ngettext(
            "We’ll hide the card number in your message.",
            "We’ll hide the card numbers in your message.",
            count,
        ),
    }
    return sentences[kinds[0]]


def _trimmed(text: str) -> str:
    return text.strip().replace("\x00", "")


def fingerprint(text: str) -> bytes:
    """Of what was typed."""
    return hashlib.sha256(text.strip().encode()).digest()


def repeated(conversation: Conversation, side: Side, key: str | None, text: str) -> Message | None:
    """The message this key made before. Raises KeyReused if it was another text."""
    if key is None:
        return None
    earlier = messages_of(conversation).filter(sender_type=side, client_key=key).first()
    if earlier is not None and bytes(earlier.text_sha256) != fingerprint(text):
        raise errors.KeyReused(_("This key was used for another message."))
    return earlier


def check_pace(conversation: Conversation, side: Side, at: datetime) -> None:
    """Raises TooFast when `side` wrote too much in the last minute."""
    limit = conf.max_per_minute()
    newest = Message.objects.filter(
        conversation=conversation, number__gt=conversation.last_number - 4 * limit
    )
    recent = newest.filter(sender_type=side, is_automatic=False, created_at__gt=at - _MINUTE)
    times = sorted(recent.values_list("created_at", flat=True))
    if len(times) >= limit:
        wait = int((times[-limit] + _MINUTE - at).total_seconds()) + 1
        raise errors.TooFast(
            _("You’re sending messages very fast. Please wait a moment."), retry_after_seconds=wait
        )


def append(
    conversation: Conversation,
    *,
    side: Side,
    message_id: str,
    text: str,
    raw_text: str,
    message_type: MessageType,
    client_key: str | None,
    charge: MessageCharge | None,
    currency: str,
    rules: BrandRules,
    at: datetime,
    is_on_site: bool,
    is_unprompted: bool = False,
) -> Message:
    """Add `text` to the locked `conversation`, which has its people loaded. `is_on_site`: written there, not by SMS.

    `is_unprompted`: an operator writes first, so no SMS tells of it.
    """
    charged_minor = charge.charged_minor if charge else 0
    wait_hours = rules.answer_within_hours
    conversation.last_number += 1
    message = Message.objects.create(
        message_id=message_id,
        conversation=conversation,
        number=conversation.last_number,
        sender_type=side,
        message_type=message_type,
        text=text,
        client_key=client_key,
        text_sha256=fingerprint(raw_text),
        charged_minor=charged_minor,
        currency=currency,
        transaction_id=charge.transaction_id if charge else None,
        answer_by=at + timedelta(hours=wait_hours) if charged_minor and wait_hours else None,
        is_unprompted=is_unprompted,
        created_at=at,
    )
    message.given_back_minor = 0
    conversation.last_message_id, conversation.last_message_at = message.pk, at
    begins_chat = _count_in_session(message, at)
    if side == Side.CUSTOMER:
        _note_question(conversation, message, begins_chat, at)
    else:
        _note_answer(conversation, message, at)
    if is_on_site:
        _note_read(conversation, side)
    if not is_unprompted:
        deliver_by_sms(message, conversation, rules=rules, at=at)
    if (
        side == Side.OPERATOR and conversation.customer_unread == 1
    ):  # the first that waits; one notice is enough
        tell_later(conversation, message.number)
    if side == Side.CUSTOMER and conversation.operator_unread == 1:
        tell_operator_later(conversation, message.number)
    conversation.save()
    push_message(conversation, message.number, side)
    return message


def _note_question(conversation: Conversation, message: Message, begins_chat: bool, at: datetime) -> None:
    conversation.operator_unread += 1
    conversation.customer_channel = message.message_type
    conversation.waiting_since = conversation.waiting_since or at
    conversation.agreed_price_minor = message.charged_minor
    _clear_draft(conversation, Side.CUSTOMER)
    count_message(
        customer_id=conversation.customer_id,
        operator_id=conversation.operator_id,
        brand_id=conversation.brand_id,
        time_zone=conversation.operator.user.time_zone,
        begins_chat=begins_chat,
        at=at,
    )


def _clear_draft(conversation: Conversation, side: Side) -> None:
    """It was sent: the other pages of `side` show it no more."""
    if getattr(conversation, f"{side}_draft"):
        setattr(conversation, f"{side}_draft", "")
        push_draft(conversation.pk, side)


def _note_answer(conversation: Conversation, message: Message, at: datetime) -> None:
    conversation.customer_unread += 1
    _clear_draft(conversation, Side.OPERATOR)
    if conversation.waiting_since is not None:
        waited = max(0, int((at - conversation.waiting_since).total_seconds()))
        if not was_on_vacation(conversation.operator, conversation.waiting_since, at):
            ReplyWait.objects.create(operator=conversation.operator, waited_seconds=waited, created_at=at)
        conversation.waiting_since = None
    Message.objects.filter(conversation=conversation, answer_by__isnull=False).update(answer_by=None)


def _note_read(conversation: Conversation, side: Side) -> None:
    """Who writes on the site has read what came before. By SMS one may answer without the text that is still on its way."""
    had_unread = conversation.unread_by(side) > 0
    before = conversation.last_number - 1
    setattr(conversation, f"{side}_read", max(before, conversation.read_by(side)))
    setattr(conversation, f"{side}_delivered", max(before, conversation.delivered_to(side)))
    setattr(conversation, f"{side}_unread", 0)
    if had_unread:
        push_marks(conversation, side)
        push_unread(conversation, side)


def _count_in_session(message: Message, at: datetime) -> bool:
    """Count `message` in the conversation's window of activity; True if it opened a new one."""
    session = ChatSession.objects.filter(conversation_id=message.conversation_id).order_by("-id").first()
    is_new = session is None or at - session.last_at > conf.session_gap()
    if session is None or is_new:
        session = ChatSession(conversation_id=message.conversation_id, started_at=at)
    session.last_at = at
    if message.sender_type == Side.CUSTOMER:
        session.customer_messages += 1
    else:
        session.operator_messages += 1
    session.charged_minor += message.charged_minor
    session.save()
    return is_new
