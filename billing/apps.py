"""Prices, prepaid credit control, free minutes. The ledger is an app of its own, `billing.ledger`."""

from django.apps import AppConfig


class BillingConfig(AppConfig):
    name = "billing"
    verbose_name = "Billing"

    def ready(self) -> None:
        """Listen to customers: a limit, a break, or closing changes what open pages show of the wallet. Register checks."""
        from billing import checks, push  # noqa: F401
