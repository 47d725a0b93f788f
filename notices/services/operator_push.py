"""Notifications in the browsers of an operator: that a call rings, and what waits while no page is open."""

from dataclasses import asdict

from core.db import transactional
from customers.models import User
from notices.kinds import RULES
from notices.lock_screen import portal_screen_of
from notices.models import Notice
from notices.selectors import choices_of, portal_subscriptions_of
from notices.services.outbox import write
from notices.states import WAITING, Channel, NoticeKind, NoticeState


@transactional
def push_to_operator(kind: NoticeKind, person: User, *, event: str, path: str) -> int:
    """Queue one for each browser of hers, if she wants this kind; how many. `event`: what it is about, told once.

    `path`: the page that a tap opens. What is of no group is told whatever she chose.
    """
    group = RULES[kind].group
    subscriptions = list(portal_subscriptions_of(person.pk))
    if not subscriptions or (group is not None and not choices_of(person).is_on(group, Channel.PUSH)):
        return 0
    texts = {name: str(text) for name, text in asdict(portal_screen_of(kind, path=path)).items()}
    for subscription in subscriptions:
        key = f"{kind}:{event}:{subscription.pk}"
        write(kind, recipient=person, brand=None, texts=texts, key=key, subscription=subscription)
    return len(subscriptions)


@transactional
def withdraw_push(kind: NoticeKind, *, event: str) -> bool:
    """What is queued of it is not sent anymore; whether there was any, sent or not."""
    told = Notice.objects.filter(key__startswith=f"{kind}:{event}:")
    told.filter(state__in=WAITING).update(state=NoticeState.SKIPPED, payload={})
    return told.exists()
