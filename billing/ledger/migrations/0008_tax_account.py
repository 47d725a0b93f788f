"""A kind of account for tax, which a component of a bill may hold."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("ledger", "0007_one_file_per_function")]

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
                ],
                max_length=12,
            ),
        ),
    ]
