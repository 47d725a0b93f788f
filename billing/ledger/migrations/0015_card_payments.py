"""Accounts and a kind of transaction for card payments; wallets that a chargeback took below zero."""

from django.db import migrations, models

from core.sql_functions import InstallFunction


class Migration(migrations.Migration):
    dependencies = [
        ("ledger", "0014_received_outside"),
    ]

    operations = [
        migrations.AlterField(
            model_name="account",
            name="kind",
            field=models.CharField(
                choices=[
                    ("wallet", "customer's wallet"),
                    ("payable", "owed to an operator"),
                    ("revenue", "platform's revenue"),
                    ("promo", "given away for promotion"),
                    ("adjustment", "corrections by staff"),
                    ("processor", "card processor"),
                    ("payout", "paid to operators"),
                    ("tax", "tax owed"),
                    ("received", "received outside: transfers, cash"),
                    ("in_transit", "refunds on their way to cards"),
                    ("disputes", "lost in disputes"),
                    ("fees", "fees of card processors"),
                    ("bank", "bank"),
                ],
                max_length=12,
            ),
        ),
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
                ],
                max_length=12,
            ),
        ),
        InstallFunction(
            "ledger_allow_overdraft",
            sha256="b14d48347795fcabd388acbcec7f514e4593653b82ced1f7f3532a6c1e851fea",
            drop="DROP FUNCTION ledger_allow_overdraft(bigint, bigint);",
        ),
    ]
