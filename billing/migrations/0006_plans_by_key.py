"""Settling reads by key from the first row on, whatever the planner thought of small books."""

from django.db import migrations

from core.sql_functions import InstallFunction


class Migration(migrations.Migration):
    dependencies = [("billing", "0005_settle_in_two_turns"), ("ledger", "0006_balanced_at_once")]

    operations = [
        InstallFunction(
            "billing_settle",
            sha256="6112eff795a92fbc515bdfd9705874be34a14d8b92df26058e048e5729e8c0cf",
            replaces="ca298f62377f801473fb158dd0570808058968e94c3762b89fb974508ef2e73e",
        ),
    ]
