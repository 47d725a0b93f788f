"""`manage.py rotate_keys`: everything encrypted comes under the first of AEIMS_DATA_KEYS, AEIMS_HASH_KEYS, and AEIMS_DOCUMENT_KEYS."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from billing.payouts.files import AlteredFile
from billing.payouts.services.rotate import rotate_payouts
from core.encryption import InvalidToken
from customers.factor_secrets import rotate_seeds, rotate_sessions
from operators.services.documents import rotate_documents
from operators.services.tax_forms import rotate_tax_forms
from phones.services.rotate import rotate_numbers


class Command(BaseCommand):
    help = (
        "Re-encrypt numbers, seeds, sessions, documents, tax forms, payout accounts, and files that are not under the first keys. Runs alongside the product and can be"
        " repeated; once it says 0 everywhere, the other keys can go (docs/encryption.md)."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        for name, rotate in (
            ("phone numbers", rotate_numbers),
            ("second factors", rotate_seeds),
            ("sessions", rotate_sessions),
            ("documents", rotate_documents),
            ("payout accounts and files", rotate_payouts),
            ("tax forms", rotate_tax_forms),
        ):
            try:
                self.stdout.write(f"{name}: {rotate()}")
            except (AlteredFile, InvalidToken):
                raise CommandError(
                    f"{name}: something is under a key that is not among the settings. Add it and run again."
                ) from None
