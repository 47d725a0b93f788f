"""Tell the owner that a page failed: what and where, and nothing that a visitor typed."""

from datetime import timedelta

from django.conf import settings

from core import clock
from core.db import transactional
from notices.models import Notice
from notices.services.enqueue import enqueue
from notices.states import NoticeKind

MAX_PER_HOUR = 10


@transactional
def tell_owner_of_error(*, error: str, route: str, reference: str) -> bool:
    """Queue a notice to `OWNER_EMAIL`; whether it was. The same error on the same route once an hour, ten in all.

    `error`: the exception's type; `route`: the name of the view; `reference`: what the log and the page call it.
    """
    at = clock.now()
    if not settings.OWNER_EMAILS:
        return False
    key = f"error:{at:%Y%m%d%H}:{error}:{route}"[:150]
    recent = Notice.objects.filter(kind=NoticeKind.SERVER_ERROR, created_at__gt=at - timedelta(hours=1))
    if Notice.objects.filter(key=key).exists() or recent[:MAX_PER_HOUR].count() >= MAX_PER_HOUR:
        return False
    enqueue(NoticeKind.SERVER_ERROR, key=key, error=error, route=route, reference=reference)
    return True
