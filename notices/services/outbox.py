"""Rows of the outbox and the jobs that send them; `notices.services.enqueue` decides what is written."""

import re
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _
from procrastinate.contrib.django import app

from brands.models import Brand
from core import clock
from core.ids import new_id
from core.jobs import Queue
from customers.models import User
from notices.kinds import RULES
from notices.models import Notice, PushSubscription
from notices.states import WAITING, Channel, NoticeKind, NoticeState

SEND = "notices.send"
_URGENT, _USUAL = 10, 0  # priorities in the queue: somebody waits for a code
_NOT_IN_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")

Texts = Mapping[str, str | Sequence[str]]


def write(
    kind: NoticeKind, *, recipient: User | None, brand: Brand | None, texts: Texts, address: str = "",
    key: str | None = None, wait: timedelta = timedelta(), state: NoticeState = NoticeState.QUEUED,
    subscription: PushSubscription | None = None,
) -> tuple[Notice, bool]:  # fmt: skip
    """The row of a notice, with its job where it is to be sent; and whether it is new or the one of `key` from before.

    It is a mail, or a push notification to the browser of `subscription`.
    """
    rules, at = RULES[kind], clock.now()
    due_at, is_waiting = at + wait, state in WAITING
    values = {
        "kind": kind,
        "recipient": recipient,
        "brand": brand,
        "channel": Channel.PUSH if subscription else Channel.MAIL,
        "subscription": subscription,
        "address": address if is_waiting else "",
        "subject": _(rules.subject),
        "payload": cleaned_texts(texts) if is_waiting else {},
        "message_id": f"<{new_id('notice')}@{_mail_domain(brand)}>",
        "state": state,
        "due_at": due_at,
        "expires_at": due_at + rules.lifetime,
        "finished_at": None if is_waiting else at,
    }
    if key is None:
        notice, is_new = Notice.objects.create(**values), True
    else:
        notice, is_new = Notice.objects.get_or_create(key=key, defaults=values)
    if is_new and is_waiting:
        priority = _URGENT if rules.is_secret or rules.is_urgent else _USUAL
        queue = Queue.ALERTS if rules.is_for_operators else Queue.MAIL
        schedule(notice.pk, at=due_at if wait else None, priority=priority, queue=queue)
    return notice, is_new


def schedule(
    notice_id: int, *, at: datetime | None = None, priority: int = _USUAL, queue: Queue = Queue.MAIL
) -> None:
    """Have the worker send it at this time, or now. A second job for one notice does no harm."""
    assert transaction.get_connection().in_atomic_block, "the job belongs to the transaction of the row"
    app.configure_task(SEND, queue=queue, schedule_at=at, priority=priority).defer(notice_id=notice_id)


def cleaned_texts(texts: Texts) -> dict[str, str | list[str]]:
    """The texts without the characters that no HTML or XML may hold."""
    return {name: _cleaned(text) for name, text in texts.items()}


def _cleaned(text: str | Sequence[str]) -> str | list[str]:
    if isinstance(text, str):
        return _NOT_IN_XML.sub("", text)
    return [_NOT_IN_XML.sub("", part) for part in text]


def _mail_domain(brand: Brand | None) -> str:
    sender = (brand and brand.mail_from) or settings.DEFAULT_FROM_EMAIL
    return sender.rpartition("@")[2].strip("> ") or "localhost"
