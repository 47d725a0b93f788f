"""Its own Django app, so that its tables and migrations stand apart from what is billed."""

from django.apps import AppConfig


class PayoutsConfig(AppConfig):
    name = "billing.payouts"
    label = "payouts"
    verbose_name = "Payouts"
