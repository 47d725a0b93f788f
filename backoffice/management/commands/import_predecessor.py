"""`manage.py import_predecessor FOLDER`: everybody of the system before, with what it owes them (docs/moving-in.md)."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from backoffice.moving_in.checks import brands_by_name, check
from backoffice.moving_in.files import Export, Finding, read_export
from backoffice.moving_in.write import TotalsDiffer, Written, imported_before, write
from billing import conf
from core import clock
from core.money import format_money
from customers.models import User
from customers.rights import is_superuser


class Command(BaseCommand):
    help = "Import customers, operators, balances, and free minutes from the previous system. All or nothing."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "folder", type=Path, help="with customers, operators, free_minutes, and totals .csv"
        )
        parser.add_argument(
            "--actor", required=True, help="email address of the administrator who runs the import"
        )
        parser.add_argument(
            "--dry-run",
            action="store_true",
            help="say what is wrong and what would come over, and write nothing",
        )

    def handle(self, *, folder: Path, actor: str, dry_run: bool, **options: Any) -> None:
        owner = User.objects.filter(email__iexact=actor.strip(), is_active=True).first()
        if owner is None or not is_superuser(owner):
            raise CommandError(f"{actor} is no administrator here.")
        if before := imported_before():
            raise CommandError(
                f"The previous system was imported on {before.created_at:%Y-%m-%d}. That can only be done once."
            )
        export, brands = read_export(folder), brands_by_name()
        findings = [*export.findings, *check(export, brands, clock.now())]
        self._say(findings)
        faults = sum(finding.is_fault for finding in findings)
        if faults:
            raise CommandError(f"{faults} fault{'s' * (faults != 1)}. Nothing was written.")
        try:
            with transaction.atomic():
                written = write(export, brands, owner)
                transaction.set_rollback(dry_run)
        except TotalsDiffer as error:
            raise CommandError(error.message) from None
        self._report(export, written)
        self.stdout.write(
            "Totals match. Nothing was written: leave out --dry-run to import." if dry_run else "Imported."
        )

    def _say(self, findings: list[Finding]) -> None:
        for finding in findings:
            self.stdout.write(f"{'FAULT' if finding.is_fault else 'note '} {finding}")

    def _report(self, export: Export, written: list[Written]) -> None:
        currency = conf.currency()
        for one in written:
            if one.table == "free_minutes":
                left_out = f", {one.left_out} expired minutes left out" if one.left_out else ""
                self.stdout.write(f"{one.table}: {one.rows} packages, {one.total} minutes{left_out}")
            else:
                self.stdout.write(f"{one.table}: {one.rows}, {format_money(one.total, currency)}")
