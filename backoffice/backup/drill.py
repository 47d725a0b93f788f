"""The drill: the newest backup and the archive behind it are restored into a scratch directory, and audited there. Then it is gone."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import psycopg
from django.conf import settings

from backoffice.backup.pgbackrest import BackupError
from backoffice.backup.put_back import put_back
from core import audit, clock

SUBJECT = "backup:drill"
PASSED, FAILED = "backup.drill_passed", "backup.drill_failed"
# How pg_controldata calls what must not be less than before.
_SETTING = {
    "max_prepared_xacts": "max_prepared_transactions",
    "max_locks_per_xact": "max_locks_per_transaction",
}
START_SECONDS = 3600.0  # it replays what was archived since the backup
STOP_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Drilled:
    """`reaches`: the last change that came back; `lost_seconds`: how long that was before the drill began."""

    seconds: float
    lost_seconds: float | None
    checks: int


def drill() -> Drilled:
    """Restore, start, audit; on record either way. Raises BackupError."""
    begun, at = time.monotonic(), clock.now()
    try:
        with _scratch() as scratch:
            put_back(scratch / "data", to=None, archives=False)
            with _server(scratch) as reaches:
                report = _audited(scratch)
    except BackupError as error:
        audit.record(actor=None, action=FAILED, subject=SUBJECT, reason=str(error)[:300])
        raise
    lost = None if reaches is None else round((at - reaches).total_seconds(), 1)
    drilled = Drilled(round(time.monotonic() - begun, 1), lost, int(report["checks"]))
    audit.record(
        actor=None, action=PASSED, subject=SUBJECT, seconds=drilled.seconds, lost_seconds=lost, checks=drilled.checks
    )  # fmt: skip
    return drilled


@contextmanager
def _scratch() -> Iterator[Path]:
    """A directory that nobody else can look into; gone afterwards."""
    directory = Path(tempfile.mkdtemp(prefix="aeims-drill-", dir=settings.BACKUP["SCRATCH"]))
    try:
        (directory / "data").mkdir(mode=0o700)
        yield directory
    finally:
        shutil.rmtree(directory, ignore_errors=True)


@contextmanager
def _server(scratch: Path) -> Iterator[datetime | None]:
    """PostgreSQL on the restored data, reached by a socket in the scratch directory alone; the time of its last change."""
    (scratch / "hba").write_text("local all all trust\n")
    (scratch / "ident").touch()
    (scratch / "data/postgresql.conf").touch()  # Debian's is elsewhere, and no backup has it
    options = {
        "listen_addresses": "", "unix_socket_directories": str(scratch), "hba_file": str(scratch / "hba"),
        "ident_file": str(scratch / "ident"), "ssl": "off", "archive_mode": "off", "logging_collector": "off",
        "external_pid_file": "", "shared_buffers": "64MB", **_least_settings(scratch / "data"),
    }  # fmt: skip
    log = scratch / "log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [
                f"{settings.BACKUP['POSTGRES_BIN']}/postgres", "-D", str(scratch / "data"),
                *(f"--{name}={value}" for name, value in options.items()),
            ],
            stdin=subprocess.DEVNULL, stdout=output, stderr=output, cwd=scratch,
        )  # fmt: skip
    try:
        yield _await_end_of_recovery(scratch, process, log)
    finally:
        process.send_signal(signal.SIGINT)
        try:
            process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _least_settings(data: Path) -> dict[str, str]:
    """What must not be less than where the archive was written; there it may have stood on the command line."""
    program = f"{settings.BACKUP['POSTGRES_BIN']}/pg_controldata"
    try:
        said = subprocess.run(
            [program, str(data)], env={**os.environ, "LC_ALL": "C"}, capture_output=True, text=True, check=True
        ).stdout  # fmt: skip
    except (OSError, subprocess.CalledProcessError) as error:
        raise BackupError(f"{program} does not read the restored data: {error}") from None
    found = re.findall(r"^(max_[a-z_]+) setting: +(\d+)$", said, re.MULTILINE)
    return {_SETTING.get(name, name): value for name, value in found}


def _await_end_of_recovery(scratch: Path, process: "subprocess.Popen[bytes]", log: Path) -> datetime | None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        if process.poll() is not None:
            lines = log.read_text(errors="replace").splitlines()
            last = "\n".join([line for line in lines if "FATAL" in line or "PANIC" in line] or lines[-5:])
            raise BackupError(f"PostgreSQL did not start on the restored data:\n{last}")
        try:
            with psycopg.connect(_address(scratch), autocommit=True) as connection:
                row = connection.execute(
                    "SELECT pg_is_in_recovery(), pg_last_xact_replay_timestamp()"
                ).fetchone()
                if row is not None and not row[0]:
                    return row[1] if isinstance(row[1], datetime) else None
        except psycopg.OperationalError:
            pass  # it starts
        time.sleep(0.1)
    raise BackupError(f"PostgreSQL was still replaying the archive after {START_SECONDS:.0f} s.")


def _address(scratch: Path) -> str:
    name = settings.DATABASES["default"]["NAME"]
    return f"postgresql://postgres@/{name}?host={scratch}"


def _audited(scratch: Path) -> dict[str, Any]:
    """The report of `manage.py audit` on what was restored. Raises BackupError where it finds anything, or does not run."""
    environment = {name: value for name, value in os.environ.items() if name != "DATABASE_OWNER_URL"}
    done = subprocess.run(
        [sys.executable, str(Path(settings.BASE_DIR) / "manage.py"), "audit", "--json"],
        env=environment | {"DATABASE_URL": _address(scratch), "DATABASE_POOL_SIZE": "0"},
        stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False,
    )  # fmt: skip
    try:
        report: dict[str, Any] = json.loads(done.stdout)
    except ValueError:
        raise BackupError(
            f"The audit of the restored data did not run:\n{done.stderr.strip()[-600:]}"
        ) from None
    if not report["ok"]:
        named = ", ".join(f"{v['row']} {v['check']}" for v in report["violations"][:3])
        raise BackupError(
            f"The audit finds {len(report['violations'])} violations in the restored data: {named}"
        )
    return report
