"""`manage.py backup_drill`: restores the newest backup into a scratch directory, and audits it there."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from backoffice.backup.drill import drill
from backoffice.backup.pgbackrest import BackupError


class Command(BaseCommand):
    help = (
        "Restore the newest backup and what was archived since beside the database, audit it, and remove it."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            drilled = drill()
        except BackupError as error:
            raise CommandError(f"The drill failed, and that is on record: {error}") from None
        reached = "" if drilled.lost_seconds is None else f", up to {drilled.lost_seconds} s before it began"
        self.stdout.write(
            f"Restored{reached}; {drilled.checks} checks found nothing; {drilled.seconds} s in all."
        )
