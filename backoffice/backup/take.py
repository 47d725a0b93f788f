"""Take a backup, look whether the repository is whole, and put both on record."""

from datetime import datetime, timedelta

from backoffice.backup import pgbackrest
from backoffice.backup.pgbackrest import BackupError, Taken
from core import audit, clock

FULL_EVERY, ANY_EVERY = timedelta(days=7), timedelta(days=1)
SUBJECTS = {"full": "backup:full", "incr": "backup:incremental"}  # of the audit record


def prepare() -> None:
    """Make the repository ready for this database, and see that its archive works; changes nothing where it does. Raises BackupError."""
    pgbackrest.run("stanza-create")
    pgbackrest.run("check")


def take_backup(kind: str) -> Taken:
    """A `full` or `incr` backup, verified. One that has no full one before it becomes full. Raises BackupError."""
    pgbackrest.run("backup", f"--type={kind}")
    taken = pgbackrest.backups()[-1]
    said = pgbackrest.run("verify", f"--set={taken.label}", "--output=text")
    if "status: error" in said:
        raise BackupError(f"The backup {taken.label} was taken but isn't complete:\n{said.strip()}")
    subject = SUBJECTS.get(taken.kind, SUBJECTS["incr"])
    audit.record(actor=None, action="backup.take", subject=subject, label=taken.label, bytes=taken.bytes)
    return taken


def due(taken: list[Taken], at: datetime) -> str | None:
    """Which kind of backup it is time for; None for none."""
    full = [backup.at for backup in taken if backup.kind == "full"]
    if not full or max(full) <= at - FULL_EVERY:
        return "full"
    return "incr" if max(backup.at for backup in taken) <= at - ANY_EVERY else None


def take_if_due() -> Taken | None:
    """Raises BackupError."""
    kind = due(pgbackrest.backups(), clock.now())
    return take_backup(kind) if kind else None
