"""Push notifications: one row of the outbox for each browser of the recipient, and handing one to its push service."""

from datetime import timedelta
from urllib.parse import urlsplit

from requests import RequestException

from brands.models import Brand
from core import clock
from customers.models import User
from notices.kinds import RULES
from notices.lock_screen import LockScreen, lock_screen_of
from notices.models import Notice, PushSubscription
from notices.pages import CUSTOMER_HOME
from notices.preferences import Choices
from notices.push_client import PushDelayed, PushGone, push
from notices.selectors import subscriptions_of
from notices.services.outbox import Texts, write
from notices.states import Channel, NoticeKind


def queue_pushes(
    notice: Notice,
    person: User,
    brand: Brand,
    texts: Texts,
    *,
    choices: Choices,
    wait: timedelta = timedelta(),
) -> None:
    """Beside the mail, a push to each browser where the person turned notifications on for this kind."""
    kind = NoticeKind(notice.kind)
    group = RULES[kind].group
    if group is not None and not choices.is_on(group, Channel.PUSH):
        return
    subscriptions = list(subscriptions_of(person, brand))
    if not subscriptions:
        return
    path = urlsplit(str(texts.get("url", ""))).path or CUSTOMER_HOME.path()
    screen = lock_screen_of(kind, brand, texts, path=path, names_people=choices.settings.names_people)
    shown = {
        "title": screen.title,
        "body": screen.body,
        "icon": screen.icon,
        "tag": screen.tag,
        "path": screen.path,
    }
    for subscription in subscriptions:
        write(kind, recipient=person, brand=brand, texts=shown, wait=wait, subscription=subscription)


def push_notice(notice: Notice) -> None:
    """Hand it to the browser's push service. Raises PushGone after removing the subscription, and what `push` raises."""
    subscription = notice.subscription
    if subscription is None:
        raise PushGone
    message = LockScreen(**notice.payload)
    seconds_left = int((notice.expires_at - clock.now()).total_seconds())
    try:
        push(
            subscription.endpoint,
            subscription.keys,
            message.encode(),
            ttl_seconds=seconds_left,
            topic=message.tag,
            is_urgent=RULES[NoticeKind(notice.kind)].is_urgent,
        )
    except PushGone:
        subscription.delete()
        raise
    except RequestException as error:
        raise PushDelayed(0, None) from error
    PushSubscription.objects.filter(pk=subscription.pk).update(last_ok_at=clock.now())
