"""`manage.py backup`: a backup now; `--watch`: backups and drills when they are due.

Runs where PostgreSQL's data are, as the user who owns them. `--watch` is a process like web and worker.
"""

import logging
import time
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError, close_old_connections

from backoffice.backup import take
from backoffice.backup.drill import drill
from backoffice.backup.pgbackrest import BackupError
from backoffice.backup.status import backup_status

log = logging.getLogger(__name__)

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
            help="keep running: a full backup a week, changes every day, a drill a week",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if options["watch"]:
            self._watch()
            return
        try:
            take.prepare()
            taken = take.take_backup(options["type"]) if options["type"] else take.take_if_due()
        except BackupError as error:
            raise CommandError(str(error)) from None
        if taken is None:
            self.stdout.write("No backup is due.")
            return
        self.stdout.write(f"{taken.label}: {taken.bytes / 1e6:.0f} MB of data, verified.")

    def _watch(self) -> None:
        while True:
            close_old_connections()
            try:
                _back_up()
            except (BackupError, DatabaseError, OSError) as error:
                # Tried again: a watch that ends watches nothing. How old the backups are is seen by others.
                log.error("backup: %s", error)
            time.sleep(LOOK_SECONDS)


def _back_up() -> None:
    take.prepare()
    if taken := take.take_if_due():
        log.info("backup taken: %s", taken.label)
    age = backup_status().drill_age_seconds
    if age is None or age > DRILL_AFTER_DAYS * 86_400:
        drilled = drill()
        log.info("backup drill passed in %s s", drilled.seconds)
