"""Kinds of transactions for what processors keep and what arrives at the bank."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("ledger", "0015_card_payments"),
    ]

    operations = [
        migrations.AlterField(
            model_name="transaction",
            name="kind",
            field=models.CharField(
                choices=[
                    ("call", "call"),
                    ("connect_fee", "connect fee"),
                    ("message", "message"),
                    ("tip", "tip"),
                    ("top_up", "top-up"),
                    ("refund", "refund"),
                    ("chargeback", "chargeback"),
                    ("adjustment", "adjustment"),
                    ("payout", "payout"),
                    ("promo", "promotion"),
                    ("pay_back", "paid back to a card"),
                    ("fee", "fee of a card processor"),
                    ("deposit", "arrived at the bank"),
                ],
                max_length=12,
            ),
        ),
    ]
