"""`manage.py backup_records`: what the worker does each minute, for a host of its own (a timer of 30 s on the adapter's)."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from backoffice.backup.records import ship_configured


class Command(BaseCommand):
    help = "Copy the adapter's journal and Asterisk's record, encrypted, to AEIMS_BACKUP_RECORDS_TO."
    requires_system_checks: list[str] = []  # the adapter's host has no database and serves nothing

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            shipped = ship_configured()
        except OSError as error:
            raise CommandError(f"{error.filename}: {error.strerror}") from None
        if shipped is None:
            raise CommandError("AEIMS_BACKUP_RECORDS and AEIMS_BACKUP_RECORDS_TO name what, and where to")
        self.stdout.write(f"{shipped} new bytes")
