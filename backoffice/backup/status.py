"""How old the backups are, by what was put on record and by PostgreSQL itself. For health, doctor, and metrics."""

from dataclasses import dataclass
from datetime import timedelta

from django.core.cache import cache
from django.db import connection

from backoffice.backup.drill import PASSED, SUBJECT
from backoffice.backup.records import SHIPPED_AT
from backoffice.backup.take import SUBJECTS
from core import clock

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
_RECORDED = """
       (SELECT created_at FROM core_auditrecord WHERE subject = %s ORDER BY id DESC LIMIT 1),
       (SELECT created_at FROM core_auditrecord WHERE subject = %s ORDER BY id DESC LIMIT 1),
       (SELECT created_at FROM core_auditrecord WHERE subject = %s AND action = %s ORDER BY id DESC LIMIT 1)
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
    """One statement of a few look-ups by key."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT archiver.*, {_RECORDED} FROM ({_ARCHIVER}) AS archiver",  # noqa: S608 (no input)
            [SUBJECTS["full"], SUBJECTS["incr"], SUBJECT, PASSED],
        )
        is_archiving, lag_seconds, is_failing, *times = cursor.fetchone()
    at = clock.now()
    full, incremental, drill = (
        None if time is None else max(0.0, (at - time).total_seconds()) for time in times
    )
    shipped_at = cache.get(SHIPPED_AT)
    return BackupStatus(
        is_archiving=is_archiving,
        is_archive_failing=is_archiving and is_failing,
        archive_lag_seconds=lag_seconds if is_archiving else None,
        full_age_seconds=full,
        backup_age_seconds=min((age for age in (full, incremental) if age is not None), default=None),
        drill_age_seconds=drill,
        records_age_seconds=None if shipped_at is None else max(0.0, at.timestamp() - shipped_at),
    )
