"""The daily close knows accounts of balances brought over."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("billing", "0028_collusion"),
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
                    ("bank", "bank"),
                    ("opening", "brought over from the system before"),
                ],
                max_length=12,
            ),
        ),
    ]
