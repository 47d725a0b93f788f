"""Write a notice into the outbox, in the caller's transaction. The one way in which the product sends mail.

The worker sends it right after the commit (`notices.services.send`); if the transaction rolls back, nothing is sent.
"""

import re
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from procrastinate.contrib.django import app

from brands.models import Brand
from core import clock
from core.db import transactional
from core.ids import new_id
from core.jobs import Queue
from customers.models import User
from notices.kinds import RULES
from notices.models import Notice
from notices.states import NoticeKind

SEND = "notices.send"
_URGENT, _USUAL = 10, 0  # priorities in the queue: somebody waits for a code
_NOT_IN_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")

Texts = Mapping[str, str | Sequence[str]]


@transactional
def enqueue(
    kind: NoticeKind, *, recipient: User | None = None, address: str = "", brand: Brand | None = None,
    key: str | None = None, wait: timedelta = timedelta(), **texts: str | Sequence[str],
) -> Notice:  # fmt: skip
    """Queue one notice to `recipient`, or to `address` where that is what counts (an address to be confirmed).

    `brand`: whose name and look it has; none: the operators' portal. `key` names the event: a second notice with it is
    not written, and the first is returned. `wait`: it is sent after this, not at once. `texts`: what the template shows, as finished words (amounts and times
    formatted in the recipient's zone); they are erased once the notice was sent.
    """
    rules, due_at = RULES[kind], clock.now() + wait
    assert rules.is_for_owner or recipient is not None or address, "a notice goes to somebody"
    values = {
        "kind": kind,
        "recipient": recipient,
        "brand": brand,
        "address": address,
        "subject": rules.subject,
        "payload": cleaned_texts(texts),
        "message_id": f"<{new_id('notice')}@{_mail_domain(brand)}>",
        "due_at": due_at,
        "expires_at": due_at + rules.lifetime,
    }
    if key is None:
        notice = Notice.objects.create(**values)
    else:
        notice, is_new = Notice.objects.get_or_create(key=key, defaults=values)
        if not is_new:
            return notice
    schedule(notice.pk, at=due_at if wait else None, priority=_URGENT if rules.is_secret else _USUAL)
    return notice


def schedule(notice_id: int, *, at: datetime | None = None, priority: int = _USUAL) -> None:
    """Have the worker send it at this time, or now. A second job for one notice does no harm."""
    assert transaction.get_connection().in_atomic_block, "the job belongs to the transaction of the row"
    app.configure_task(SEND, queue=Queue.MAIL, schedule_at=at, priority=priority).defer(notice_id=notice_id)


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
