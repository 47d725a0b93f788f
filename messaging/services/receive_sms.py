"""An SMS came in: once, by its SID. A keyword is obeyed, a text goes to its one conversation, the rest is answered.

What is answered is returned as text for the door to put into its reply; nothing but a text of a known person in a
known conversation is ever charged.
"""

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from brands.models import Brand
from core import clock, money
from core.db import transactional
from core.errors import DomainError, InsufficientCredit
from core.ids import new_id
from customers.models import CustomerPhone
from messaging import conf
from messaging.keywords import keyword_of
from messaging.models import PoolNumber, Sms, SmsRoute
from messaging.segments import with_straight_quotes
from messaging.selectors import has_stopped, latest_consent, rules_of
from messaging.services.record_consent import record_consent
from messaging.services.reply import reply
from messaging.services.send import send
from messaging.states import (
    ConsentAction,
    ConsentSource,
    MessageType,
    Side,
    SmsDirection,
    SmsKind,
    SmsMode,
    SmsState,
)
from phones.models import PhoneNumber
from phones.services.store_number import store_number

STOPPED = gettext_noop(
    "You won't get messages from us anymore, on any of our sites. Reply START to get them again."
)
STARTED = gettext_noop(
    "You'll get messages again. Reply HELP for help, STOP to end. Message and data rates may apply."
)
HELP = gettext_noop("Help: {help}. Reply STOP to stop messages. Message and data rates may apply.")
NO_PICTURES = gettext_noop("We can't receive pictures here. Nothing was charged. Please send text only.")
UNKNOWN = gettext_noop(
    "This number takes texts from members only. Nothing was charged. Reply STOP to stop replies."
)
_LOOP_WINDOW = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Incoming:
    """An SMS as the webhook checked it."""

    sid: str
    phone_number: str
    our_number: str
    body: str
    media_count: int
    carrier_answered: bool = False  # the provider has obeyed and answered the keyword itself


@transactional
def receive_sms(incoming: Incoming) -> str:
    """Take one SMS in; what to answer, or an empty text for nothing. A repeat of its SID has no effect and no answer."""
    at = clock.now()
    kind, answer = SmsKind.TEXT, ""
    sender = store_number(incoming.phone_number)
    stopped = has_stopped(sender)
    keyword = keyword_of(incoming.body, is_stopped=stopped)
    received = record_received(incoming, sender, SmsKind.KEYWORD if keyword else SmsKind.TEXT, at)
    if received is None:
        return ""
    if keyword is not None:
        kind, answer = SmsKind.KEYWORD, _obey(keyword, incoming, sender)
    elif not stopped and not _is_loop(incoming, sender, at):
        kind, answer = SmsKind.REFUSED, _deliver(incoming, received, at)
    if answer:
        _record_answer(incoming, sender, kind, answer, at)
    return answer


def _obey(keyword: ConsentAction, incoming: Incoming, sender: PhoneNumber) -> str:
    record_consent(
        phone_number=sender,
        action=keyword,
        source=ConsentSource.SMS,
        said=incoming.body,
        our_number=incoming.our_number,
        sid=incoming.sid,
    )
    if incoming.carrier_answered:
        return ""
    if keyword == ConsentAction.HELP:
        return help_text(incoming.our_number)
    return _(STOPPED) if keyword == ConsentAction.STOP else _(STARTED)


def _deliver(incoming: Incoming, received: Sms, at: datetime) -> str:
    """Hand a text to its conversation; the answer if it could not be."""
    sender = received.phone_number
    route = (
        SmsRoute.objects.select_related("conversation__customer__user", "conversation__operator__user")
        .select_related("conversation__brand", "conversation__customer__home_brand")
        .filter(phone_number=sender, pool_number__number=incoming.our_number)
        .first()
    )
    if route is None or not _still_theirs(route):
        return _unknown(sender, at)
    conversation = route.conversation
    if rules_of(conversation.brand_id).sms_mode != SmsMode.FULL:
        return _("Please write on the site: %(brand)s. Nothing was charged.") % {
            "brand": conversation.brand.name
        }
    if incoming.media_count:
        return _(NO_PICTURES)
    if latest_consent(sender) is None:
        record_consent(
            phone_number=sender,
            action=ConsentAction.START,
            source=ConsentSource.SMS,
            said="wrote to us first",
            our_number=incoming.our_number,
            sid=incoming.sid,
        )
    try:
        with transaction.atomic():  # what fails leaves the record that it came in
            if route.side == Side.CUSTOMER:
                received.message = send(
                    customer=conversation.customer,
                    operator_id=conversation.operator_id,
                    text=incoming.body,
                    message_type=MessageType.SMS,
                    brand=conversation.brand,
                    client_key=incoming.sid,
                    accepts_hiding=True,  # an SMS can't be asked about
                ).message
            else:
                received.message = reply(
                    operator=conversation.operator,
                    conversation_id=conversation.pk,
                    text=incoming.body,
                    client_key=incoming.sid,
                    is_on_site=False,
                    accepts_hiding=True,
                )[0]
    except DomainError as error:
        return _refusal(error)
    received.save(update_fields=["message"])
    return ""


def _refusal(error: DomainError) -> str:
    if isinstance(error, InsufficientCredit):
        price = money.format_money(int(error.extra["required_minor"]))
        return _("Not sent: your balance doesn't cover %(price)s. Nothing was charged.") % {"price": price}
    return _("Not sent: %(reason)s Nothing was charged.") % {"reason": with_straight_quotes(error.message)}


def _unknown(sender: PhoneNumber, at: datetime) -> str:
    """By policy: told once a day where their text ended up, or nothing."""
    recent_notices = Sms.objects.filter(
        phone_number=sender,
        direction=SmsDirection.OUT,
        kind=SmsKind.REFUSED,
        created_at__gt=at - conf.UNKNOWN_ANSWERED_EVERY,
    )
    return "" if recent_notices.exists() or not conf.answers_unknown_numbers() else _(UNKNOWN)


def _still_theirs(route: SmsRoute) -> bool:
    """Whether the phone still belongs to the person of the route."""
    if route.side == Side.OPERATOR:
        return route.conversation.operator.phone_number_id == route.phone_number_id
    verified_phones = CustomerPhone.objects.filter(
        customer_id=route.conversation.customer_id, verified_at__isnull=False
    )
    return verified_phones.filter(phone_number=route.phone_number_id).exists()


def _is_loop(incoming: Incoming, sender: PhoneNumber, at: datetime) -> bool:
    """Whether a machine seems to write: too many in five minutes, or the same again and again. This one included."""
    newest = Sms.objects.filter(phone_number=sender, direction=SmsDirection.IN).order_by("-id")
    recent = list(
        newest.filter(created_at__gt=at - _LOOP_WINDOW).values_list("body_sha256", flat=True)[
            : conf.MAX_SMS_IN_FIVE_MINUTES + 1
        ]
    )
    if len(recent) > conf.MAX_SMS_IN_FIVE_MINUTES:
        return True
    last = [bytes(digest) for digest in recent[: conf.MAX_SAME_SMS_IN_A_ROW + 1]]
    return len(last) > conf.MAX_SAME_SMS_IN_A_ROW and set(last) == {_digest(incoming.body)}


def record_received(incoming: Incoming, sender: PhoneNumber, kind: SmsKind, at: datetime) -> Sms | None:
    """The row of this SID; None if it was here before. Two at once: the second waits and finds it."""
    row = Sms(
        reference=new_id("sms"),
        sid=incoming.sid,
        direction=SmsDirection.IN,
        kind=kind,
        phone_number=sender,
        our_number=incoming.our_number,
        body_sha256=_digest(incoming.body),
        state=SmsState.RECEIVED,
        created_at=at,
        changed_at=at,
    )
    try:
        with transaction.atomic():
            row.save(force_insert=True)
    except IntegrityError:
        return None
    return row


def _record_answer(incoming: Incoming, sender: PhoneNumber, kind: SmsKind, answer: str, at: datetime) -> None:
    Sms.objects.create(
        reference=new_id("sms"),
        direction=SmsDirection.OUT,
        kind=kind,
        phone_number=sender,
        our_number=incoming.our_number,
        body=answer,
        body_sha256=b"",
        state=SmsState.SENT,
        created_at=at,
        changed_at=at,
    )


def help_text(our_number: str) -> str:
    """The answer to HELP: where help is, at the support address of the brand whose number it is."""
    number = PoolNumber.objects.filter(number=our_number).select_related("brand").first()
    brand = number.brand if number else Brand.objects.exclude(support_email="").first()
    return _(HELP).format(
        help=brand.support_email if brand and brand.support_email else _("write to us on the site")
    )


def _digest(body: str) -> bytes:
    return hashlib.sha256(body.strip().casefold().encode()).digest()
