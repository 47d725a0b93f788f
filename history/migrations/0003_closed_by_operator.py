"""The words of a column that has a history."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("history", "0002_as_it_was"),
        ("operators", "0013_closed_by_operator"),
    ]

    operations = [
        migrations.AlterField(
            model_name="operatorchange",
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
