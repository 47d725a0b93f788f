"""A kind of account and of transaction for balances brought over; what is brought over is no earning of its day."""

from django.db import migrations, models

from core.sql_functions import InstallFunction


class Migration(migrations.Migration):
    dependencies = [
        ("ledger", "0016_fees_and_deposits"),
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
                    ("opening", "brought over from the system before"),
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
                    ("fee", "fee of a card processor"),
                    ("deposit", "arrived at the bank"),
                    ("opening", "brought over"),
                ],
                max_length=12,
            ),
        ),
        InstallFunction(
            "ledger_roll_up",
            sha256="373bd214a00a43fbc6579f18239138d00956a75b833c58bad126772a21a18ab2",
            replaces="61c1124ff0657d309df6ca6339cc141688f14bec322c01009326956eb9641a5c",
        ),
    ]
