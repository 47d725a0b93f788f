"""`manage.py backup`: a backup now; `--watch`: backups when they are due, and copies of journal and record all the while.

Runs where PostgreSQL's data are, as the user who owns them. `--watch` is a process like web and worker.
"""

import logging
import time
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError, close_old_connections

from backoffice.backup import records, take
from backoffice.backup.drill import drill
from backoffice.backup.pgbackrest import BackupError
from backoffice.backup.status import backup_status, note_shipped

log = logging.getLogger(__name__)

SHIP_SECONDS = 20.0
LOOK_SECONDS = 600.0  # how often is looked whether a backup or a drill is due
DRILL_AFTER_DAYS = 6


class Command(BaseCommand):
    help = "Back the database up with pgBackRest, and verify what was taken."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--type", choices=["full", "incr"], help="full, or what changed since; by default what is due"
        )
        parser.add_argument(
            "--watch",
            action="store_true",
            help="go on: a full one a week, what changed a day, a drill a week; journal and record every 20 s",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if options["watch"]:
            self._watch()
            return
        try:
            take.prepare()
            taken = take.take_backup(options["type"]) if options["type"] else take.take_if_due()
            ship_records()
        except (BackupError, OSError) as error:
            raise CommandError(str(error)) from None
        if taken is None:
            self.stdout.write("No backup is due.")
            return
        self.stdout.write(f"{taken.label}: {taken.bytes / 1e6:.0f} MB of data, verified.")

    def _watch(self) -> None:
        look_at = 0.0
        while True:
            close_old_connections()
            _attempt("copies of calls", ship_records)
            if time.monotonic() >= look_at:
                _attempt("backup", _back_up)
                look_at = time.monotonic() + LOOK_SECONDS
            time.sleep(SHIP_SECONDS)


def ship_records() -> None:
    """Copy journal and record, where settings name any. Raises OSError."""
    own = settings.BACKUP
    if own["RECORDS"] and own["RECORDS_TO"]:
        records.ship([Path(source) for source in own["RECORDS"]], Path(own["RECORDS_TO"]))
        note_shipped()


def _back_up() -> None:
    take.prepare()
    if taken := take.take_if_due():
        log.info("backup taken: %s", taken.label)
    age = backup_status().drill_age_seconds
    if age is None or age > DRILL_AFTER_DAYS * 86_400:
        drilled = drill()
        log.info("backup drill passed in %s s", drilled.seconds)


def _attempt(what: str, do: Any) -> None:
    """What fails now is tried again: a watcher that ends watches nothing."""
    try:
        do()
    except (BackupError, DatabaseError, OSError) as error:
        log.error("%s: %s", what, error)
