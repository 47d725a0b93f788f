"""Its own Django app, so that its tables and migrations stand apart from what is billed."""

from django.apps import AppConfig


class LedgerConfig(AppConfig):
    name = "billing.ledger"
    label = "ledger"
    verbose_name = "Ledger"
