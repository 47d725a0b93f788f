"""pgBackRest as we run it: where PostgreSQL's data are, with the configuration file of the installation."""

import json
import subprocess
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from django.conf import settings

OLDEST = (2, 55)  # the first that knows PostgreSQL 18


class BackupError(Exception):
    """It did not work; the message says why, in pgBackRest's words where they are the best there are."""


@dataclass(frozen=True, slots=True)
class Taken:
    """One backup in the repository. `kind`: pgBackRest's `full`, `diff`, or `incr`; `bytes`: of the database."""

    label: str
    kind: str
    at: datetime
    bytes: int


def run(command: str, *options: str) -> str:
    """What it printed. Raises BackupError."""
    require_version()
    own = settings.BACKUP
    return _run([f"--config={own['CONFIG']}", f"--stanza={own['STANZA']}", *options, command])


def require_version() -> None:
    """Raises BackupError for a pgBackRest that is missing, or too old for PostgreSQL 18."""
    said = _run(["version"])
    try:
        version = tuple(int(part) for part in said.split()[-1].split(".")[:2])
    except (ValueError, IndexError):
        raise BackupError(f"{settings.BACKUP['COMMAND']} does not say its version: {said.strip()}") from None
    if version < OLDEST:
        raise BackupError(
            f"pgBackRest {'.'.join(map(str, version))} does not know PostgreSQL 18. Install 2.55 or later: Debian trixie has it, and"
            " so has apt.postgresql.org for bookworm."
        )


def backups() -> list[Taken]:
    """All in the repository, oldest first. Raises BackupError."""
    stanzas: list[dict[str, Any]] = json.loads(run("info", "--output=json"))
    return [
        Taken(
            backup["label"],
            backup["type"],
            datetime.fromtimestamp(backup["timestamp"]["stop"], UTC),
            backup["info"]["size"],
        )
        for stanza in stanzas
        for backup in stanza.get("backup", [])
        if not backup.get("error")
    ]


def _run(arguments: list[str]) -> str:
    try:
        done = subprocess.run(
            [settings.BACKUP["COMMAND"], *arguments],
            stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False,
        )  # fmt: skip
    except OSError as error:
        raise BackupError(
            f"{settings.BACKUP['COMMAND']} can't be run: {error.strerror}. Install pgBackRest 2.55 or later."
        ) from None
    if done.returncode:
        words = [line for line in (done.stdout + done.stderr).splitlines() if line.strip()]
        raise BackupError("\n".join(words[-5:]) or f"pgBackRest ended with {done.returncode}.")
    return done.stdout
