"""Reads about messages: conversations of one side, pages of one conversation, whether SMS is wanted."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from django.contrib.auth.models import AnonymousUser
from django.db.models import Exists, F, OuterRef, Q, QuerySet, Subquery, Sum
from django.utils.translation import gettext as _

from billing.selectors import refunded_of
from core.errors import Invalid
from core.parse import whole_number
from customers.models import Customer, CustomerPhone, User
from messaging import reply_times
from messaging.errors import NoSuchConversation
from messaging.models import BrandRules, Conversation, Message, ReplyWait, SmsConsent
from messaging.states import ConsentAction, ConsentSource, Side
from operators.models import Operator
from operators.selectors import is_blocked
from phones.models import PhoneNumber

_LAST_WAITS = 20
_MAX_NUMBER = 2**31 - 1


def rules_of(brand_id: int) -> BrandRules:
    """What the brand decided; the defaults where it decided nothing."""
    return BrandRules.objects.filter(brand_id=brand_id).first() or BrandRules(brand_id=brand_id)


def conversation_between(customer: Customer, operator: Operator) -> Conversation | None:
    """Theirs, or None before the first word."""
    return Conversation.objects.filter(customer=customer, operator=operator).first()


def conversations_to_write_in(operator: Operator, customer_ids: Collection[int]) -> dict[int, int]:
    """Customer id → id of the conversation in which the operator may write to them now.

    Operators answer: without a message there is none, nor is there one where either of the two wants no contact.
    """
    rows = Conversation.objects.filter(
        operator=operator, customer__in=list(customer_ids), last_message_id__gt=0
    )
    pairs = rows.values_list("customer_id", "pk")
    return {
        customer_id: pk
        for customer_id, pk in pairs
        if not is_blocked(customer_id=customer_id, operator_id=operator.pk)
    }


def conversation_of(
    user: User | AnonymousUser, *, conversation_id: int | None = None, operator_id: int | None = None
) -> tuple[Conversation, Side]:
    """One's own conversation, by its id or (for customers) by the operator, and which side one is; people loaded.

    Raises NoSuchConversation, also for somebody else's.
    """
    rows = Conversation.objects.select_related("customer__user", "operator__user", "brand")
    conversation = None
    if user.pk is None:  # nobody is logged in
        raise NoSuchConversation(_("Conversation not found."))
    if conversation_id is not None:
        is_participant = Q(customer__user_id=user.pk) | Q(operator__user_id=user.pk)
        conversation = rows.filter(is_participant, pk=conversation_id).first()
    elif operator_id is not None:
        conversation = rows.filter(customer__user_id=user.pk, operator_id=operator_id).first()
    if conversation is None:
        raise NoSuchConversation(_("Conversation not found."))
    return conversation, Side.CUSTOMER if conversation.customer.user_id == user.pk else Side.OPERATOR


@dataclass(frozen=True, slots=True)
class MessagePage:
    """Some messages, oldest first, and where the ones before them begin (None: there are none)."""

    items: Sequence[Message]
    before: int | None


def messages_of(conversation: Conversation) -> QuerySet[Message]:
    """Its messages, with what was given back of each (`given_back_minor`) by whomever, as the books have it."""
    given_back = {
        "given_back_minor": refunded_of("transaction_id")
    }  # declared on the model, for those who read it
    return Message.objects.filter(conversation=conversation).annotate(**given_back)


def page_of(
    conversation: Conversation, *, before: int | None = None, after: int | None = None, limit: int = 50
) -> MessagePage:
    """The newest `limit` messages, those with a number below `before`, or the first ones after `after`.

    One index range whatever the length of the conversation.
    """
    rows = messages_of(conversation)
    if after is not None:
        items = list(rows.filter(number__gt=after).order_by("number")[:limit])
    else:
        if before is not None:
            rows = rows.filter(number__lt=before)
        items = list(rows.order_by("-number")[:limit])[::-1]
    more = bool(items) and items[0].number > 1 and after is None
    return MessagePage(items, items[0].number if more else None)


def number_of(text: str | None, name: str) -> int | None:
    """A message's number as a client names it. Raises Invalid."""
    if not text:
        return None
    number = whole_number(text, most=_MAX_NUMBER)
    if number is None:
        raise Invalid(_("%(name)s: not a place in this conversation.") % {"name": name})
    return number


def conversations_of(owner: Customer | Operator) -> QuerySet[Conversation]:
    """Those with at least one message, the last used first, with the other side and `last_text`; for keyset pages."""
    is_participant = Q(customer=owner) if isinstance(owner, Customer) else Q(operator=owner)
    last = Message.objects.filter(pk=OuterRef("last_message_id"))
    return (
        Conversation.objects.filter(is_participant, last_message_id__gt=0)
        .select_related("customer", "operator")
        .annotate(
            last_text=Subquery(last.values("text")[:1]), last_sender=Subquery(last.values("sender_type")[:1])
        )
        .order_by(F("last_message_id").desc())
    )


def unread_of(owner: Customer | Operator) -> int:
    """Messages that wait to be read, over all conversations. Looks at those alone in which something waits."""
    if isinstance(owner, Customer):
        rows = Conversation.objects.filter(customer=owner, customer_unread__gt=0)
        return rows.aggregate(total=Sum("customer_unread", default=0))["total"]
    rows = Conversation.objects.filter(operator=owner, operator_unread__gt=0)
    return rows.aggregate(total=Sum("operator_unread", default=0))["total"]


def usual_reply(operator_id: int) -> str:
    """How soon this operator usually answers, in words; empty where it is not known."""
    waits = ReplyWait.objects.filter(operator_id=operator_id).order_by("-id")
    seconds = list(waits.values_list("waited_seconds", flat=True)[:_LAST_WAITS])
    return reply_times.in_words(reply_times.usual_seconds(seconds))


def latest_consent(phone_number: PhoneNumber) -> SmsConsent | None:
    """The newest yes or no about SMS to this number. A STOP that turned out never to have been said is none."""
    said = SmsConsent.objects.filter(
        phone_number=phone_number, action__in=[ConsentAction.START, ConsentAction.STOP]
    )
    undone = _of_same_sms().filter(action=ConsentAction.UNDO)
    return said.exclude(Q(source=ConsentSource.CLAIMED) & Exists(undone)).order_by("-id").first()


def unchecked_stops() -> QuerySet[SmsConsent]:
    """STOPs that were obeyed while the provider could not be asked for them, and about which nothing is known yet; oldest first."""
    later = _of_same_sms().filter(id__gt=OuterRef("id"))
    claims = SmsConsent.objects.filter(source=ConsentSource.CLAIMED).exclude(Exists(later))
    return claims.select_related("phone_number").order_by("id")


def _of_same_sms() -> QuerySet[SmsConsent]:
    return SmsConsent.objects.filter(phone_number=OuterRef("phone_number"), sid=OuterRef("sid"))


def wants_sms(phone_number: PhoneNumber) -> bool:
    """Whether somebody with this number said that they want SMS, and nothing else since."""
    consents = latest_consent(phone_number)
    return consents is not None and consents.action == ConsentAction.START


def has_stopped(phone_number: PhoneNumber) -> bool:
    """Whether the newest word about this number is STOP."""
    consents = latest_consent(phone_number)
    return consents is not None and consents.action == ConsentAction.STOP


def phone_of(conversation: Conversation, side: Side) -> PhoneNumber | None:
    """Where SMS to this side go: the customer's verified phone, or the operator's; None if there is none."""
    if side == Side.OPERATOR:
        return conversation.operator.phone_number
    return verified_phone_of(conversation.customer_id)


def verified_phone_of(customer_id: int) -> PhoneNumber | None:
    """The customer's verified phone, the primary one if there are several; None if there is none."""
    phones = CustomerPhone.objects.filter(customer_id=customer_id, verified_at__isnull=False)
    phone = phones.order_by("-is_primary", "-id").first()
    return phone.phone_number if phone else None
