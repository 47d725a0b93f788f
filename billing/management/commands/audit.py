"""`manage.py audit`: derive every balance, hold, package and bill again; exit 1 if a cent is out of place.

Without `--since` the result is recorded as the nightly audit's is, so that the alarms follow it. `backup_drill` runs it on data
that are thrown away.
"""

import json
import re
import time
from argparse import ArgumentParser
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import connection, transaction
from django.utils.dateparse import parse_datetime

from billing import auditing
from billing.auditing.findings import Violation
from billing.services.audit_books import record_audit
from core import clock

_UNITS = {"m": "minutes", "h": "hours", "d": "days"}


class Command(BaseCommand):
    help = (
        "Derive every balance, hold, package and bill again. Exits with 1 and names the rows if any is wrong."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--json", action="store_true", help="one JSON object")
        parser.add_argument("--since", help="only what changed since: 10m, 2h, 1d, or a time in ISO form")

    def handle(self, *, json: bool, since: str | None, **options: Any) -> None:
        started = time.monotonic()
        with transaction.atomic():
            with connection.cursor() as cursor:  # one moment for all checks, while postings go on
                cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
            found = list(auditing.run(auditing.scope_since(_time(since))))
        if since is None:
            record_audit(found)
        self._tell(found, round(time.monotonic() - started, 3), as_json=json)
        if found:
            raise SystemExit(1)

    def _tell(self, found: list[Violation], seconds: float, *, as_json: bool) -> None:
        if as_json:
            report = {"ok": not found, "checks": len(auditing.CHECKS), "seconds": seconds}
            self.stdout.write(json.dumps(report | {"violations": [asdict(v) for v in found]}))
            return
        for violation in found:
            self.stdout.write(
                f"{violation.row} {violation.check}: {violation.expected}, but {violation.found}"
            )
        self.stdout.write(f"{len(auditing.CHECKS)} checks, {len(found)} violations, {seconds} s")


def _time(text: str | None) -> datetime | None:
    if text is None:
        return None
    span = re.fullmatch(r"([0-9]{1,4})([mhd])", text)
    if span:
        return clock.now() - timedelta(**{_UNITS[span[2]]: int(span[1])})
    try:
        at = parse_datetime(text)
    except ValueError:
        at = None
    if at is None or at.tzinfo is None:
        raise CommandError("--since: like 10m, 2h, 1d, or 2026-03-01T12:00:00Z.")
    return at
