"""What nobody needs any more: finished jobs, old answers, expired sessions. `core.tasks` runs it every night."""

from datetime import timedelta
from typing import Any

from django.contrib.sessions.models import Session
from django.db import connection
from django.db.models import QuerySet

from core import clock
from core.models import IdempotentAnswer

JOBS_KEPT_HOURS = 7 * 24
FAILED_JOBS_KEPT_HOURS = 90 * 24
ANSWERS_KEPT = timedelta(days=30)
BATCH = 5_000

# The list of sessions on the account page keeps rows of sessions that are gone until their owner looks at it.
_ORPHANS = """
DELETE FROM usersessions_usersession AS listed
WHERE NOT EXISTS (SELECT FROM django_session AS session WHERE session.session_key = listed.session_key)
"""


def delete_old_answers() -> int:
    """Answers to idempotent requests that nobody repeats any more; how many. In batches, so that no lock is held long."""
    return _delete_in_batches(IdempotentAnswer.objects.filter(created_at__lt=clock.now() - ANSWERS_KEPT))


def delete_expired_sessions() -> int:
    """Sessions past their end, and what the account pages list of sessions that are gone."""
    count = _delete_in_batches(Session.objects.filter(expire_date__lt=clock.now()))
    with connection.cursor() as cursor:
        cursor.execute(_ORPHANS)
    return count


def _delete_in_batches(rows: QuerySet[Any]) -> int:
    total = 0
    while keys := list(rows.values_list("pk", flat=True)[:BATCH]):
        total += rows.model._default_manager.filter(pk__in=keys).delete()[0]
    return total
