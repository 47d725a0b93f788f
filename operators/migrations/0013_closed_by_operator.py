"""Operators may close their account themselves."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("operators", "0012_profile_text"),
    ]

    operations = [
        migrations.AlterField(
            model_name="operator",
            name="approval_status",
            field=models.CharField(
                choices=[
                    ("pending", "waiting for approval"),
                    ("approved", "approved"),
                    ("suspended", "suspended"),
                    ("closed", "closed by the operator"),
                ],
                default="pending",
                max_length=12,
            ),
        ),
    ]
