"""Backups in plain words, for the staff's home page, `/health`, and `manage.py doctor`."""

from django.conf import settings

from backoffice.backup.status import ANY_WITHIN, FULL_WITHIN, LAG_SECONDS, BackupStatus, backup_status
from backoffice.checks import Check

RECORDS_SECONDS = 120.0
BACKUPS = "Backups"  # the check of their age


def backup_checks() -> list[Check]:
    """The archive, the backups, and the copies of journal and record. Nothing on a developer's machine that has none."""
    status = backup_status()
    if not status.is_archiving and not settings.IS_PRODUCTION:
        return []
    return [_archive(status), _age(status), *_records(status)]


def _archive(status: BackupStatus) -> Check:
    name = "WAL archive"
    if not status.is_archiving or status.archive_lag_seconds is None:
        return Check(name, False, "Off: a restore loses everything since the last backup.")
    lag = f"{status.archive_lag_seconds:.0f} s"
    if status.is_archive_failing:
        return Check(
            name, False, f"It’s failing: a restore now would lose the last {lag}, and the disk fills up."
        )
    if status.archive_lag_seconds > LAG_SECONDS:
        return Check(name, False, f"{lag} behind: a restore now loses that much.")
    return Check(name, True, f"{lag} behind.")


def _age(status: BackupStatus) -> Check:
    name = BACKUPS
    if status.full_age_seconds is None or status.backup_age_seconds is None:
        return Check(name, False, "There is none.")
    newest, full = (_in_words(age) for age in (status.backup_age_seconds, status.full_age_seconds))
    words = f"The newest is {newest} old, the newest full one {full}."
    is_well = (
        status.backup_age_seconds <= ANY_WITHIN.total_seconds()
        and status.full_age_seconds <= FULL_WITHIN.total_seconds()
    )
    return Check(name, is_well, words)


def _records(status: BackupStatus) -> list[Check]:
    """Whether calls could be billed after the loss of their host. Said where copies were ever made, or should be."""
    name = "Copies of calls"
    if status.records_age_seconds is None:
        return [Check(name, False, "The adapter's journal and Asterisk's record aren't copied anywhere.")]
    age = _in_words(status.records_age_seconds)
    is_well = status.records_age_seconds <= RECORDS_SECONDS
    words = f"Journal and record were copied {age} ago."
    return [Check(name, is_well, words)]


def _in_words(seconds: float) -> str:
    if seconds < 120:
        return f"{seconds:.0f} s"
    if seconds < 2 * 3600:
        return f"{seconds // 60:.0f} min"
    return f"{seconds // 3600:.0f} h" if seconds < 2 * 86_400 else f"{seconds // 86_400:.0f} days"
