"""`manage.py restore --to TIME --data DIR`: the database as it was at a moment; `--records DIR`: journal and record as last copied.

Opens no connection to a database: there is none now.
"""

from argparse import ArgumentParser, ArgumentTypeError
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from backoffice.backup import records
from backoffice.backup.pgbackrest import BackupError
from backoffice.backup.put_back import put_back

NEXT = """Restored. Next, in this order:
1. Start PostgreSQL on {directory} and wait until it has replayed the archive (its log: "archive recovery complete").
2. With web and worker still stopped and the adapter running: manage.py reconcile_after_restore --since {since}
3. manage.py audit
4. Start web and worker, and take a full backup: manage.py backup --type full
"""


class Command(BaseCommand):
    help = "Put the database back as it was at a moment, into an empty directory."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--to",
            type=_moment,
            metavar="TIME",
            help="like 2026-11-30T14:05:00Z, or latest: all that was archived",
        )
        parser.add_argument(
            "--data", type=Path, metavar="DIR", help="PostgreSQL's data directory: empty, and no server in it"
        )
        parser.add_argument(
            "--records", type=Path, metavar="DIR", help="write journal and record, as last copied, there"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        to, data, into = options["to"], options["data"], options["records"]
        if not into and (to is None or data is None):
            raise CommandError("--to TIME and --data DIR, or --records DIR")
        try:
            if into:
                for path in records.bring_back(Path(settings.BACKUP["RECORDS_TO"]), into):
                    self.stdout.write(f"{path}: {path.stat().st_size} bytes")
            if data:
                put_back(data, to=None if to == "latest" else to, archives=True)
                since = datetime.now(UTC).isoformat(timespec="seconds") if to == "latest" else to.isoformat()
                self.stdout.write(NEXT.format(directory=data, since=since))
        except (BackupError, records.RecordsUnreadable, OSError) as error:
            raise CommandError(str(error)) from None


def _moment(text: str) -> datetime | str:
    if text == "latest":
        return text
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise ArgumentTypeError(f"not a time: {text}") from None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
