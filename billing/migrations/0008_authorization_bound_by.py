"""Keep what made a grant final, so that a call that ended can say it."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("billing", "0007_outcome_components"),
    ]

    operations = [
        migrations.AddField(
            model_name="authorization",
            name="bound_by",
            field=models.CharField(
                blank=True,
                choices=[
                    ("balance", "the balance"),
                    ("daily_limit", "the customer's daily limit"),
                    ("longest_call", "the longest call the platform allows"),
                    ("account", "the customer takes a break or closed the account"),
                    ("unavailable", "the operator is suspended or the brand is switched off"),
                ],
                db_default="",
                max_length=16,
            ),
        ),
    ]
