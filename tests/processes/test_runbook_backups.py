"""The runbook's entries about backups, each followed on a PostgreSQL that archives to a pgBackRest repository."""

import os
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import psycopg
import pytest
from django.core.management import CommandError, call_command
from pytest_django.fixtures import Settings

from backoffice.backup.status import backup_status
from backoffice.tasks import copy_records_of_calls
from core import clock
from tests.backoffice.test_doctor import doctor
from tests.factories import BrandFactory
from tests.processes.test_restore_to_a_moment import Installation, installation
from tests.support.phone_system import PhoneSystem
from tests.watching.rules import fires
from tests.watching.web import KEY, metrics

__all__ = ["installation"]
pytestmark = [pytest.mark.long, pytest.mark.slow, pytest.mark.timeout(600)]


@pytest.fixture(autouse=True)
def _watched(installation: Installation, settings: Settings, phone_system: PhoneSystem) -> None:
    settings.METRICS_KEY = KEY
    BrandFactory()
    assert installation.manage("backup", "--type", "full").returncode == 0
    installation.archive_everything()


def until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 90
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.5)


def test_the_archive_is_late_until_the_repository_has_room_again(installation: Installation) -> None:
    """ArchiveLate: nothing can be written to the repository."""
    before = metrics()
    owner = installation.repository.stat()
    for path in (installation.repository, *installation.repository.rglob("*")):
        if path.is_dir():
            path.chmod(0o500)
            os.chown(path, 0, 0)
    with psycopg.connect(installation.cluster.url("postgres"), autocommit=True) as connection:
        connection.execute("SELECT pg_logical_emit_message(true, 'runbook', 'a change')")
        connection.execute("SELECT pg_switch_wal()")
    until(lambda: backup_status().is_archive_failing)
    after = metrics()
    log = installation.cluster.log.read_text()
    assert "archive command failed" in log
    assert "ermission denied" in log
    said = installation.manage("backup")
    assert said.returncode == 1
    assert "ermission denied" in said.stderr, said.stderr
    assert "failing" in doctor()[1]["WAL archive"]["words"]
    for path in (installation.repository, *installation.repository.rglob("*")):
        if path.is_dir():
            os.chown(path, owner.st_uid, owner.st_gid)
            path.chmod(0o750)
    until(lambda: not backup_status().is_archive_failing)
    installation.archive_everything()
    assert fires("ArchiveLate", before, after, metrics())


def test_backups_are_old_until_one_is_taken(installation: Installation) -> None:
    """BackupsOld: the service that takes them did not run for more than a week."""
    before = metrics()
    later = clock.now() + timedelta(days=9)
    with clock.using(lambda: later):
        after = metrics()
        assert "9 days" in doctor()[1]["Backups"]["words"]
    assert installation.manage("backup", "--type", "full").returncode == 0
    installation.archive_everything()
    drilled = installation.manage("backup_drill")
    assert drilled.returncode == 0, drilled.stderr
    assert doctor()[1]["Backups"]["level"] == "ok"
    assert fires("BackupsOld", before, after, metrics())


def test_copies_of_calls_are_old_until_they_can_be_written(
    installation: Installation, tmp_path: Path, settings: Settings
) -> None:
    """CallCopiesOld: the place of the copies is gone."""
    journal, copies = tmp_path / "adapter.journal", tmp_path / "copies"
    journal.write_bytes(b"one line\n")
    settings.BACKUP = settings.BACKUP | {"RECORDS": [str(journal)], "RECORDS_TO": str(copies)}
    copy_records_of_calls(0)
    before = metrics()
    copies.rename(tmp_path / "aside")
    copies.write_text("a file in the place of the directory")
    journal.write_bytes(b"one line\nand another\n")
    later = clock.now() + timedelta(minutes=5)
    with clock.using(lambda: later):
        with pytest.raises(OSError, match="exists"):
            copy_records_of_calls(0)
        with pytest.raises(CommandError, match="copies"):
            call_command("backup_records")
        after = metrics()
        assert "5 min ago" in doctor()[1]["Copies of calls"]["words"]
        copies.unlink()
        (tmp_path / "aside").rename(copies)
        assert copy_records_of_calls(0) == len(b"and another\n")
        assert doctor()[1]["Copies of calls"]["level"] == "ok"
        assert fires("CallCopiesOld", before, after, metrics())
