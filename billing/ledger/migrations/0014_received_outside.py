"""An account for money received by transfer or in cash; a top-up's payment is booked once."""

import django.db.models.functions.text
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("brands", "0004_asks_access_basis"),
        ("customers", "0018_manage_logins"),
        ("ledger", "0013_two_kinds_of_money"),
        ("operators", "0013_closed_by_operator"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
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
                ],
                max_length=12,
            ),
        ),
        migrations.AddConstraint(
            model_name="transaction",
            constraint=models.UniqueConstraint(
                django.db.models.functions.text.Lower("reference"),
                condition=models.Q(("kind", "top_up"), models.Q(("reference", ""), _negated=True)),
                name="top_up_once_per_reference",
            ),
        ),
    ]
