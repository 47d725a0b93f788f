"""How old the backups are, by what was put on record and by PostgreSQL itself. For health, doctor, and metrics."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.core.cache import cache
from django.db import connection

from backoffice.backup.drill import PASSED, SUBJECT
from backoffice.backup.records import SHIPPED_AT
from backoffice.backup.take import SUBJECTS
from core import clock
from core.models import AuditRecord

FULL_WITHIN, ANY_WITHIN = timedelta(days=8), timedelta(hours=26)
DRILL_WITHIN = timedelta(days=7)
LAG_SECONDS = 60.0

# The file that is written now is archived already: nothing is waiting. Else what came after the last archived file is.
_ARCHIVER = """
SELECT current_setting('archive_mode') <> 'off',
       CASE WHEN NOT pg_is_in_recovery() AND pg_walfile_name(pg_current_wal_lsn()) = a.last_archived_wal THEN 0
            ELSE extract(epoch FROM clock_timestamp() - coalesce(a.last_archived_time, a.stats_reset,
                                                                 pg_postmaster_start_time())) END::float,
       coalesce(a.last_failed_time > coalesce(a.last_archived_time, '-infinity'), false)
  FROM pg_stat_archiver a
"""


@dataclass(frozen=True, slots=True)
class BackupStatus:
    """Ages in seconds; None: there is none. `archive_lag_seconds`: how much of the newest changes a restore would lose now."""

    is_archiving: bool
    is_archive_failing: bool
    archive_lag_seconds: float | None
    full_age_seconds: float | None
    backup_age_seconds: float | None
    drill_age_seconds: float | None
    records_age_seconds: float | None


def backup_status() -> BackupStatus:
    """A few look-ups by key."""
    with connection.cursor() as cursor:
        cursor.execute(_ARCHIVER)
        is_archiving, lag_seconds, is_failing = cursor.fetchone()
    at = clock.now()
    full, incremental = (_age(subject, at) for subject in (SUBJECTS["full"], SUBJECTS["incr"]))
    shipped_at = cache.get(SHIPPED_AT)
    return BackupStatus(
        is_archiving=is_archiving,
        is_archive_failing=is_archiving and is_failing,
        archive_lag_seconds=lag_seconds if is_archiving else None,
        full_age_seconds=full,
        backup_age_seconds=min((age for age in (full, incremental) if age is not None), default=None),
        drill_age_seconds=_age(SUBJECT, at, action=PASSED),
        records_age_seconds=None if shipped_at is None else max(0.0, at.timestamp() - shipped_at),
    )


def _age(subject: str, at: datetime, **only: str) -> float | None:
    row = AuditRecord.objects.filter(subject=subject, **only).order_by("-id").first()
    return None if row is None else max(0.0, (at - row.created_at).total_seconds())
