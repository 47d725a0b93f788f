"""`manage.py reconcile_calls --cel FILE [--node NAME] [--repair --actor EMAIL]`: what was charged against Asterisk's record.

`--cel -` reads standard input: whoever may read the database may often not read Asterisk's files.
Repairs what the worker would repair by itself. What costs a customer something, or us much, waits for staff to decide.
"""

import sys
from argparse import ArgumentParser
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Any, TextIO

from django.core.management.base import BaseCommand, CommandError

from billing.staff_input import find_staff
from core import audit
from core.errors import DomainError
from telephony.services.reconcile import reconcile


class Command(BaseCommand):
    help = "Reports calls whose charge does not follow Asterisk's record (CEL); exit code 1 if any is left."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--cel", type=Path, required=True, metavar="FILE", help="the CEL file, in CSV; -: standard input"
        )
        parser.add_argument(
            "--node", default="", help="whose record it is, where there are several (ADAPTER_NODE)"
        )
        parser.add_argument(
            "--repair", action="store_true", help="settle or adjust what differs, or put it before staff"
        )
        parser.add_argument("--actor", help="with --repair: email address of the staff member who does it")

    def handle(self, *args: Any, **options: Any) -> None:
        left = 0
        if options["repair"]:
            _put_on_record(options["actor"], options["cel"])
        try:
            with _lines_of(options["cel"]) as lines:
                for found in reconcile(lines, node=options["node"], repairing=options["repair"]):
                    left += not found.repaired or found.repaired.startswith("not ")
                    self.stdout.write(
                        f"{found.call_id}: {found.difference}, recorded {_length(found.recorded_ms)},"
                        f" booked {_length(found.booked_ms)}{found.repaired and '; ' + found.repaired}"
                    )
        except OSError as error:
            raise CommandError(f"cannot read the record: {error.strerror}") from error
        if left:
            raise CommandError(f"{left} calls differ from the record")
        self.stdout.write("every call follows the record")


def _lines_of(path: Path) -> AbstractContextManager[TextIO]:
    if path == Path("-"):
        return nullcontext(sys.stdin)
    return path.open(encoding="utf-8", errors="replace", newline="")


def _put_on_record(email: str | None, path: Path) -> None:
    """Keep who repaired, and by which record. Raises CommandError for who may not."""
    if not email:
        raise CommandError("--repair needs --actor")
    try:
        actor = find_staff(email, "telephony.change_correction")
    except DomainError as error:
        raise CommandError(error.message) from None
    audit.record(actor=actor, action="calls.reconcile", subject="telephony.call", record=path.name)


def _length(milliseconds: int | None) -> str:
    return "never connected" if milliseconds is None else f"{milliseconds} ms"
