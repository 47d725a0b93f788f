"""Kinds of accounts for payouts."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("billing", "0032_referral_shares"),
    ]

    operations = [
        migrations.AlterField(
            model_name="dailybalance",
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
                    ("uncollected", "charged and not collected"),
                    ("bank", "bank"),
                    ("opening", "brought over from the previous system"),
                    ("out_transit", "payouts in transit"),
                    ("withheld", "backup withholding owed"),
                    ("write_offs", "debts of operators written off"),
                ],
                max_length=12,
            ),
        ),
    ]
