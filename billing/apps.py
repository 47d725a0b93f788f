"""Prices, prepaid credit control, free minutes. The ledger is an app of its own, `billing.ledger`."""

from django.apps import AppConfig


class BillingConfig(AppConfig):
    name = "billing"
    verbose_name = "Billing"

    def ready(self) -> None:
        """Listen to customers: a limit, a break, or closing changes what open pages show of the wallet, and with
        an account its promotional money ends and card payments go back. Register checks.

        A verified phone brings the welcome offer. Listen to refunds: what was given back is no ground for a rating that counts. Listen to disputes: each opens a case.
        Say by which key the numbers of receipts are shuffled.
        """
        from django.conf import settings

        from billing import checks, push, receipt_numbers  # noqa: F401
        from billing.services import claim_offer, forfeit_promo, open_case, pay_back, rate_paid  # noqa: F401

        receipt_numbers.shuffle_by(settings.RECEIPT_KEY)
