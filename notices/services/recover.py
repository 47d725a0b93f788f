"""Bring back what was lost on the way: a worker that died while sending, a job that is gone."""

from datetime import timedelta

from core import clock
from core.db import transactional
from notices.models import Notice
from notices.retry import LOST_AFTER
from notices.services.outbox import schedule
from notices.states import WAITING, NoticeState

OVERDUE_AFTER = timedelta(minutes=2)
_BATCH = 500


@transactional
def recover() -> int:
    """Queue what was lost; how many. Run every minute.

    Whether a mail left before its worker died is unknown. It is sent again, with the same Message-ID.
    """
    at = clock.now()
    overdue_at = at - OVERDUE_AFTER
    Notice.objects.filter(state=NoticeState.SENDING, claimed_at__lt=at - LOST_AFTER).update(
        state=NoticeState.FAILED, error="the worker was interrupted", due_at=overdue_at
    )
    overdue = Notice.objects.filter(state__in=WAITING, due_at__lte=overdue_at)
    lost = list(overdue.select_for_update(skip_locked=True).values_list("pk", flat=True)[:_BATCH])
    # Not lost again until it is overdue once more: the queue does not fill with jobs for one row.
    Notice.objects.filter(pk__in=lost).update(due_at=at)
    for notice_id in lost:
        schedule(notice_id)
    return len(lost)
