"""`manage.py reconcile_after_restore --since TIME`: after a restore, while web and worker are stopped and the adapter runs."""

from argparse import ArgumentParser, ArgumentTypeError
from datetime import UTC, datetime, timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from backoffice.after_restore import reconcile_after_restore
from core import clock
from core.errors import DomainError

LONGEST = timedelta(days=6)  # the adapter's journal is asked for a week at most


class Command(BaseCommand):
    help = "Books the payments and calls that a restored database has never seen; exit code 1 if something is left to do."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--since",
            type=_moment,
            required=True,
            metavar="TIME",
            help="what the database was restored to, like 2026-11-30T14:05:00Z",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        since: datetime = options["since"]
        if not clock.now() - LONGEST < since <= clock.now():
            raise CommandError(f"--since must be in the last {LONGEST.days} days: {since.isoformat()}")
        left = 0
        try:
            for step in reconcile_after_restore(since=since):
                left += step.is_open
                self.stdout.write(step.words)
        except DomainError as error:
            raise CommandError(
                f"{error.message} Nothing was booked twice: fix that, and run it again."
            ) from None
        if left:
            raise CommandError(f"{left} of these are left to do")
        self.stdout.write("Everything else is in the books. Run manage.py audit, then start web and worker.")


def _moment(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise ArgumentTypeError(f"not a time: {text}") from None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
