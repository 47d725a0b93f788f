"""Backups: how old they are is said; copies of journal and record come back; what can't work is refused in plain words."""

import os
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from procrastinate.contrib.django import app
from pytest_django.fixtures import Settings

from backoffice.backup import records, status
from backoffice.backup.checks import backup_checks
from backoffice.backup.drill import SUBJECT, Drilled, drill
from backoffice.backup.pgbackrest import BackupError, Taken, backups, require_version
from backoffice.backup.put_back import require_empty
from backoffice.backup.records import RecordsUnreadable, bring_back, ship
from backoffice.backup.status import backup_status
from backoffice.backup.take import due
from backoffice.management.commands import backup as command
from backoffice.tasks import copy_records_of_calls
from core import clock
from core.models import AuditRecord
from tests.support.backed_up import recorded, shipped_now

Script = Callable[[str], Path]


@pytest.fixture
def program(tmp_path: Path, settings: Settings) -> Script:
    """A pgBackRest that does what these lines of shell say; it is the one that is used."""

    def write(lines: str) -> Path:
        path = tmp_path / "pgbackrest"
        path.write_text(f"#!/bin/sh\n{lines}\n")
        path.chmod(0o755)
        settings.BACKUP = settings.BACKUP | {"COMMAND": str(path), "SCRATCH": str(tmp_path)}
        return path

    return write


@pytest.fixture
def archiver(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """What PostgreSQL says of its archive."""

    def says(*, is_on: bool = True, lag: float = 5.0, is_failing: bool = False) -> None:
        monkeypatch.setattr(status, "_ARCHIVER", f"SELECT {is_on}, {lag}::float, {is_failing}")

    says()
    return says


def said() -> dict[str, tuple[bool, str]]:
    return {check.name: (check.is_well, check.words) for check in backup_checks()}


# -- how old


@pytest.mark.django_db
def test_a_developers_machine_without_an_archive_says_nothing() -> None:
    assert backup_checks() == []
    assert backup_status().archive_lag_seconds is None


@pytest.mark.django_db
def test_all_is_well_with_a_backup_of_today_and_a_full_one_of_this_week(
    archiver: Callable[..., None],
) -> None:
    recorded("full", days=6)
    recorded("incr", hours=3)
    shipped_now()
    assert said() == {
        "WAL archive": (True, "5 s behind."),
        "Backups": (True, "The newest is 3 h old, the newest full one 6 days."),
        "Copies of calls": (True, "Journal and record were copied 0 s ago."),
    }


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("kind", "ago", "words"),
    [("full", {"days": 9}, "the newest full one 9 days"), ("full", {"hours": 27}, "The newest is 27 h old")],
)
def test_a_backup_that_is_too_old_is_named(
    archiver: Callable[..., None], kind: str, ago: dict[str, float], words: str
) -> None:
    recorded(kind, **ago)
    is_well, said_words = said()["Backups"]
    assert not is_well
    assert words in said_words


@pytest.mark.django_db
def test_no_backup_no_copies_no_archive_and_one_that_fails_are_named(
    archiver: Callable[..., None], settings: Settings
) -> None:
    assert said()["Backups"] == (False, "There is none.")
    assert said()["Copies of calls"][0] is False
    archiver(lag=75)
    assert said()["WAL archive"] == (False, "75 s behind: a restore now loses that much.")
    archiver(lag=75, is_failing=True)
    assert said()["WAL archive"][1].startswith("It’s failing: a restore now would lose the last 75 s")
    settings.IS_PRODUCTION = True
    archiver(is_on=False)
    assert said()["WAL archive"] == (False, "Off: a restore loses everything since the last backup.")


@pytest.mark.django_db
def test_copies_that_stopped_are_named(archiver: Callable[..., None]) -> None:
    shipped_now()
    later = clock.now() + timedelta(minutes=5)
    with clock.using(lambda: later):
        assert said()["Copies of calls"] == (False, "Journal and record were copied 5 min ago.")


def test_when_a_backup_is_due() -> None:
    at = datetime(2026, 11, 30, tzinfo=UTC)
    full, incremental = (
        (lambda **ago: Taken("f", "full", at - timedelta(**ago), 1)),
        (lambda **ago: Taken("i", "incr", at - timedelta(**ago), 1)),
    )
    assert due([], at) == "full"
    assert due([full(hours=2)], at) is None
    assert due([full(hours=25)], at) == "incr"
    assert due([full(days=3), incremental(hours=2)], at) is None
    assert due([full(days=7), incremental(hours=2)], at) == "full"


# -- pgBackRest


def test_one_that_does_not_know_postgresql_18_is_refused(program: Script) -> None:
    program("echo 'pgBackRest 2.45'")
    with pytest.raises(BackupError, match=r"2.45 does not know PostgreSQL 18. Install 2.55 or later"):
        require_version()
    program("echo 'pgBackRest 2.55.1'")
    require_version()


def test_one_that_is_not_there_is_said_to_be_missing(settings: Settings) -> None:
    settings.BACKUP = settings.BACKUP | {"COMMAND": "/nowhere/pgbackrest"}
    with pytest.raises(CommandError, match="Install pgBackRest"):
        call_command("backup")


def test_its_own_words_are_said(program: Script) -> None:
    program(
        '[ "$1" = version ] && echo "pgBackRest 2.55.1" && exit; echo "ERROR: [055]: missing stanza" >&2; exit 55'
    )
    with pytest.raises(BackupError, match="missing stanza"):
        backups()


@pytest.mark.django_db
def test_a_drill_that_fails_is_on_record_and_leaves_nothing(program: Script, tmp_path: Path) -> None:
    program('[ "$1" = version ] && echo "pgBackRest 2.55.1" && exit; echo "no backup set found" >&2; exit 75')
    with pytest.raises(BackupError, match="no backup set found"):
        drill()
    row = AuditRecord.objects.get(subject=SUBJECT)
    assert (row.action, row.reason) == ("backup.drill_failed", "no backup set found")
    assert backup_status().drill_age_seconds is None
    assert not list(tmp_path.glob("aeims-drill-*"))


def test_restoring_over_something_is_refused(tmp_path: Path) -> None:
    require_empty(tmp_path / "nothing")
    (tmp_path / "PG_VERSION").write_text("18\n")
    with pytest.raises(BackupError, match="is not empty"):
        require_empty(tmp_path)
    (tmp_path / "postmaster.pid").write_text(f"{os.getpid()}\n")
    with pytest.raises(BackupError, match="PostgreSQL runs in"):
        require_empty(tmp_path)


@pytest.mark.parametrize("options", [[], ["--to", "2026-11-30T10:00:00Z"], ["--data", "/nowhere"]])
def test_a_restore_wants_to_know_when_and_where(options: list[str]) -> None:
    with pytest.raises(CommandError, match="--to TIME and --data DIR"):
        call_command("restore", *options)


def test_a_time_that_is_none_is_refused() -> None:
    with pytest.raises(CommandError, match="not a time: yesterday"):
        call_command("restore", "--to", "yesterday", "--data", "/nowhere")


# -- copies of journal and record


@pytest.fixture
def places(tmp_path: Path) -> tuple[Path, Path, Path]:
    """Where the file is, where its copies go, where they are brought back to."""
    (tmp_path / "journal").mkdir()
    return tmp_path / "journal/adapter.journal", tmp_path / "copies", tmp_path / "back"


def test_what_is_added_is_copied_encrypted_and_comes_back(places: tuple[Path, Path, Path]) -> None:
    source, to, back = places
    source.write_bytes(b"first line\n")
    assert ship([source.parent], to) == 11
    assert ship([source.parent], to) == 0
    with source.open("ab") as file:
        file.write(b"second line\n")
    assert ship([source.parent], to) == 12
    (copy,) = to.iterdir()
    assert b"line" not in copy.read_bytes()
    assert [path.name for path in bring_back(to, back)] == ["adapter.journal"]
    assert (back / "adapter.journal").read_bytes() == source.read_bytes()


def test_a_file_that_is_begun_anew_has_a_copy_of_its_own(places: tuple[Path, Path, Path]) -> None:
    source, to, back = places
    source.write_bytes(b"first line\n" * 10)
    ship([source], to)
    source.write_bytes(b"compacted, and longer than before, perhaps" * 10)
    ship([source], to)
    bring_back(to, back)
    assert (back / "adapter.journal").read_bytes() == source.read_bytes()
    assert (back / "adapter.journal.1").read_bytes() == b"first line\n" * 10


def test_half_a_line_of_a_copy_is_copied_again(places: tuple[Path, Path, Path]) -> None:
    source, to, back = places
    source.write_bytes(b"first line\n")
    ship([source], to)
    (copy,) = to.iterdir()
    whole = copy.read_bytes()
    source.write_bytes(b"first line\nsecond line\n")
    ship([source], to)
    copy.write_bytes(copy.read_bytes()[: len(whole) + 20])
    assert ship([source], to) == 12
    bring_back(to, back)
    assert (back / "adapter.journal").read_bytes() == source.read_bytes()


def test_a_large_file_goes_in_pieces(
    places: tuple[Path, Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(records, "_CHUNK", 7)
    source, to, back = places
    source.write_bytes(bytes(range(256)) * 3)
    assert ship([source, source.parent / "not there yet"], to) == 768
    bring_back(to, back)
    assert (back / "adapter.journal").read_bytes() == source.read_bytes()


def test_without_its_key_or_altered_it_is_unreadable(
    places: tuple[Path, Path, Path], settings: Settings
) -> None:
    source, to, back = places
    source.write_bytes(b"first line\n")
    ship([source], to)
    keys, settings.DATA_KEYS = settings.DATA_KEYS, ["another key that is long and random enough"]
    with pytest.raises(RecordsUnreadable, match="AEIMS_DATA_KEYS"):
        bring_back(to, back)
    settings.DATA_KEYS = keys
    (copy,) = to.iterdir()
    offset, length, _, token = copy.read_bytes().split()
    copy.write_bytes(b" ".join([offset, length, b"0" * 64, token]) + b"\n")
    with pytest.raises(RecordsUnreadable, match="altered"):
        bring_back(to, back)


@pytest.mark.django_db
def test_the_worker_copies_each_minute_where_settings_say_so(
    places: tuple[Path, Path, Path], settings: Settings
) -> None:
    source, to, _ = places
    source.write_bytes(b"first line\n")
    assert copy_records_of_calls(0) == 0
    assert not to.exists()
    settings.BACKUP = settings.BACKUP | {"RECORDS": [str(source.parent)], "RECORDS_TO": str(to)}
    assert copy_records_of_calls(0) == 11
    assert len(list(to.iterdir())) == 1
    assert backup_status().records_age_seconds is not None
    crons = {task.task.name: task.cron for task in app.periodic_registry.periodic_tasks.values()}
    assert crons[copy_records_of_calls.name] == "* * * * *"


@pytest.mark.django_db
def test_the_commands_copy_now_and_write_the_copies_back(
    places: tuple[Path, Path, Path], settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    source, to, back = places
    with pytest.raises(CommandError, match="AEIMS_BACKUP_RECORDS"):
        call_command("backup_records")
    source.write_bytes(b"first line\n")
    settings.BACKUP = settings.BACKUP | {"RECORDS": [str(source)], "RECORDS_TO": str(to)}
    call_command("backup_records")
    call_command("restore", "--records", str(back))
    assert capsys.readouterr().out == f"11 new bytes\n{back / source.name}: 11 bytes\n"
    assert (back / source.name).read_bytes() == b"first line\n"
    settings.DATA_KEYS = ["another key that is long and random enough"]
    with pytest.raises(CommandError, match="AEIMS_DATA_KEYS"):
        call_command("restore", "--records", str(back))


def test_the_watch_goes_on_after_what_fails(monkeypatch: pytest.MonkeyPatch, caplog: Any) -> None:
    done: list[str] = []

    def rounds(_: float) -> None:
        done.append("slept")
        if len(done) == 3:
            raise KeyboardInterrupt

    def fail() -> None:
        raise BackupError("the repository is away")

    monkeypatch.setattr(command.time, "sleep", rounds)
    monkeypatch.setattr(command, "_back_up", fail)
    monkeypatch.setattr(command, "close_old_connections", lambda: None)
    with pytest.raises(KeyboardInterrupt):
        call_command("backup", "--watch")
    assert [record.message for record in caplog.records] == ["backup: the repository is away"] * 3


@pytest.mark.django_db
def test_the_watch_takes_what_is_due_and_drills_once_a_week(monkeypatch: pytest.MonkeyPatch) -> None:
    done: list[str] = []
    monkeypatch.setattr(command.take, "prepare", lambda: done.append("prepare"))
    monkeypatch.setattr(command.take, "take_if_due", lambda: done.append("take"))
    monkeypatch.setattr(command, "drill", lambda: done.append("drill") or Drilled(1.0, None, 1))
    command._back_up()
    assert done == ["prepare", "take", "drill"]
    recorded("drill", days=5)
    command._back_up()
    assert done[3:] == ["prepare", "take"]
