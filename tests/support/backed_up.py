"""Backups and drills on record, as old as a test wants them."""

from datetime import timedelta

from django.core.cache import cache

from backoffice.backup.drill import PASSED, SUBJECT
from backoffice.backup.records import SHIPPED_AT
from backoffice.backup.take import SUBJECTS
from core import audit, clock
from tests.support.database_owner import as_owner_past_guards


def recorded(kind: str, **ago: float) -> None:
    """A `full` or `incr` backup, or a `drill` that passed, so long ago."""
    subject, action = (SUBJECT, PASSED) if kind == "drill" else (SUBJECTS[kind], "backup.take")
    row = audit.record(actor=None, action=action, subject=subject)
    at = clock.now() - timedelta(**ago)
    with as_owner_past_guards() as cursor:
        cursor.execute("UPDATE core_auditrecord SET created_at = %s WHERE id = %s", [at, row.pk])


def shipped_now() -> None:
    """Journal and record were copied just now."""
    cache.set(SHIPPED_AT, clock.now().timestamp(), None)
