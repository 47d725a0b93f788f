"""Prices, prepaid credit control, free minutes. The books themselves are the app `billing.ledger`."""

from django.apps import AppConfig


class BillingConfig(AppConfig):
    name = "billing"
    verbose_name = "Billing"
