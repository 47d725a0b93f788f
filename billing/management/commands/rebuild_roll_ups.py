"""`manage.py rebuild_roll_ups`: count the sums by quarter hour anew, where the audit says that they are wrong."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from billing.ledger.models import Account
from billing.ledger.states import OWNED_KINDS
from billing.services.rebuild_roll_ups import rebuild_roll_ups


class Command(BaseCommand):
    help = (
        "Count the sums by quarter hour of wallets and payables anew, from the ledger, while everything runs."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--account", type=int, help="only this account of the ledger (its id)")

    def handle(self, *, account: int | None, **options: Any) -> None:
        if account is not None and not Account.objects.filter(pk=account, kind__in=OWNED_KINDS).exists():
            raise CommandError("--account: the id of a wallet or a payable.")
        rebuilt = rebuild_roll_ups(account_id=account)
        self.stdout.write(f"{rebuilt.accounts} accounts counted, {rebuilt.wrong} sums were wrong.")
