"""Send a message on by SMS where brand and reader want that: the text itself, or word that there is one.

The job is enqueued in the transaction of the message, so that there is never one without the other.
"""

import logging
from datetime import datetime

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop
from procrastinate.contrib.django import app as jobs

from core.ids import new_id
from core.quiet_hours import may_send_at
from messaging import conf
from messaging.gateways import sending_gateway
from messaging.models import BrandRules, Conversation, Message, PoolNumber, Sms, SmsRoute
from messaging.selectors import phone_of, wants_sms
from messaging.states import MessageType, Side, SmsDirection, SmsKind, SmsMode, SmsState
from phones.models import PhoneNumber

log = logging.getLogger(__name__)

SEND_SMS = "messaging.send_sms"
ALERT = gettext_noop("You have a new message. Reply STOP to stop alerts.")


def deliver_by_sms(message: Message, conversation: Conversation, *, rules: BrandRules, at: datetime) -> None:
    """Queue what `message` is worth by SMS to the other side; nothing where SMS is off or nobody asked for it."""
    if rules.sms_mode == SmsMode.OFF:
        return
    side = Side(message.sender_type).other
    phone = phone_of(conversation, side)
    if phone is None or not wants_sms(phone):
        return
    if rules.sms_mode == SmsMode.FULL and message.message_type == MessageType.SMS:
        ours = number_for(conversation, side, phone)
        if ours:
            queue_sms(kind=SmsKind.TEXT, phone=phone, ours=ours, message=message, send_at=at, at=at)
            return
        log.error(
            "no number of the pool of brand %s is free: an alert goes out instead", conversation.brand_id
        )
    if conversation.unread_by(side) == 1:  # the first that waits; one alert is enough
        reader = conversation.customer.user if side == Side.CUSTOMER else conversation.operator.user
        send_at = may_send_at(
            at + conf.alert_delay(),
            time_zone=reader.time_zone,
            quiet_from=rules.quiet_from,
            quiet_until=rules.quiet_until,
        )
        queue_sms(
            kind=SmsKind.ALERT,
            phone=phone,
            ours=sending_gateway().phone_number(),
            message=message,
            body=_(ALERT),
            send_at=send_at,
            at=at,
        )


def queue_sms(
    *,
    kind: SmsKind,
    phone: PhoneNumber,
    ours: str,
    message: Message | None = None,
    body: str = "",
    send_at: datetime,
    at: datetime,
) -> Sms:
    """An SMS to be sent at `send_at`, and the job that does it."""
    sms = Sms.objects.create(
        reference=new_id("sms"),
        direction=SmsDirection.OUT,
        kind=kind,
        phone_number=phone,
        our_number=ours,
        message=message,
        body=body,
        body_sha256=b"",
        state=SmsState.QUEUED,
        created_at=at,
        changed_at=at,
    )
    when = {"schedule_at": send_at} if send_at > at else {}
    jobs.configure_task(SEND_SMS, allow_unknown=True, **when).defer(sms_id=sms.pk)
    return sms


def number_for(conversation: Conversation, side: Side, phone: PhoneNumber) -> str:
    """The number of ours that stands for this conversation on this phone; empty if none is free.

    Two conversations that want one at the same moment: the constraint lets one have it, the other takes the next.
    """
    routes = SmsRoute.objects.filter(conversation=conversation, phone_number=phone).select_related(
        "pool_number"
    )
    route = routes.first()
    if route is not None:
        return route.pool_number.number
    taken_numbers = SmsRoute.objects.filter(phone_number=phone).values("pool_number_id")
    free = PoolNumber.objects.filter(brand_id=conversation.brand_id, is_active=True).exclude(
        pk__in=taken_numbers
    )
    for number in free.order_by("id")[:20]:
        try:
            with transaction.atomic():
                SmsRoute.objects.create(
                    phone_number=phone, pool_number=number, conversation=conversation, side=side
                )
        except IntegrityError:
            continue
        return number.number
    return ""
