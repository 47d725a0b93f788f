"""A browser turns notifications on or off; a login or an account that ends takes them along."""

import hashlib
from collections.abc import Mapping
from datetime import timedelta

from django.utils.translation import gettext as _

from brands.models import Brand
from core import clock
from core.db import transactional
from core.errors import Invalid
from customers.models import User
from notices import push_client
from notices.models import PushSubscription

MOST = 10  # browsers of one person on one site; the oldest makes room
_LONGEST_ENDPOINT = 2_000
_KEPT_AFTER_THE_END = timedelta(days=1)  # what is queued goes out, also after quiet hours


@transactional
def subscribe(
    *, person: User, brand: Brand | None, session_id: int, endpoint: str, keys: Mapping[str, str], device: str
) -> PushSubscription:
    """The browser of this login shows notifications from now on; `brand` none: those of the portal. Raises Invalid for what is no subscription of a push service.

    The same browser again, also of somebody else who logs in with it now, takes the place of what was.
    """
    if not push_client.is_available():
        raise Invalid(_("Notifications are off on this site."))
    is_usable = len(endpoint) <= _LONGEST_ENDPOINT and push_client.is_allowed(endpoint)
    if not is_usable or not push_client.are_usable(keys):
        raise Invalid(_("We can’t send notifications to this browser."), code="push_service")
    values = {
        "person": person,
        "brand": brand,
        "session_id": session_id,
        "endpoint": endpoint,
        "keys": {"p256dh": keys["p256dh"], "auth": keys["auth"]},
        "device": device[:60],
        "ended_at": None,
    }
    digest = hashlib.sha256(endpoint.encode()).hexdigest()
    subscription = PushSubscription.objects.update_or_create(endpoint_hash=digest, defaults=values)[0]
    own = PushSubscription.objects.filter(person=person, brand=brand).order_by("-id")
    PushSubscription.objects.filter(pk__in=list(own.values_list("pk", flat=True)[MOST:])).delete()
    return subscription


@transactional
def unsubscribe(*, person: User, subscription_id: int) -> bool:
    """Turn one browser of this person off; whether it was theirs and on."""
    return bool(PushSubscription.objects.filter(person=person, pk=subscription_id).delete()[0])


def end_subscriptions(person: User) -> None:
    """The account was closed: what is queued goes out, and nothing after it."""
    PushSubscription.objects.filter(person=person, ended_at=None).update(ended_at=clock.now())


@transactional
def forget_ended() -> int:
    """Delete those that ended a day ago or longer; how many."""
    ended = PushSubscription.objects.filter(ended_at__lt=clock.now() - _KEPT_AFTER_THE_END)
    return ended.delete()[1].get(PushSubscription._meta.label, 0)


@transactional
def end_with_login(session_key: str) -> None:
    """The browser that logs out shows nothing more; of a closed account, what tells so."""
    PushSubscription.objects.filter(session__session_key=session_key, ended_at=None).delete()
