"""Put the database back as it was at a moment, into a directory of its own. Opens no connection."""

import os
from datetime import datetime
from pathlib import Path

from backoffice.backup import pgbackrest
from backoffice.backup.pgbackrest import BackupError


def put_back(directory: Path, *, to: datetime | None, archives: bool) -> None:
    """Restore into `directory`, which must be empty; PostgreSQL, started there, replays the archive up to `to` (None: to its end).

    `archives`: whether it goes on archiving then, as the database that serves. Raises BackupError.
    """
    require_empty(directory)
    moment = [] if to is None else [
        "--type=time", f"--target={to.isoformat(sep=' ')}", "--target-action=promote"
    ]  # fmt: skip
    pgbackrest.run(
        "restore", f"--pg1-path={directory}", *moment, f"--archive-mode={'preserve' if archives else 'off'}"
    )


def require_empty(directory: Path) -> None:
    """Raises BackupError for one that a server runs in, that holds anything, or that can't be looked into."""
    try:
        if _has_server(directory):
            raise BackupError(f"PostgreSQL runs in {directory}. Stop it first; nothing was changed.")
        is_empty = not directory.exists() or not any(directory.iterdir())
    except PermissionError:
        raise BackupError(
            f"{directory} can't be looked into. Run this as the user who owns PostgreSQL's data; nothing was changed."
        ) from None
    if not is_empty:
        raise BackupError(
            f"{directory} is not empty. Move what is in it aside, and keep it until the restore is audited; nothing was changed."
        )


def _has_server(directory: Path) -> bool:
    """Raises PermissionError where its directory is closed to us."""
    try:
        pid = int((directory / "postmaster.pid").read_text().split()[0])
    except (FileNotFoundError, NotADirectoryError, IndexError, ValueError):
        return False
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:  # somebody else's process
        return True
    return True
