"""The columns that limits were in; what was changed in them is in the history of limits by now."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [
        ("customers", "0021_spending_limits"),
        ("history", "0004_limits"),
    ]

    operations = [
        migrations.RemoveField(
            model_name="customer",
            name="daily_limit_minor",
        ),
        migrations.RemoveField(
            model_name="customer",
            name="next_limit_at",
        ),
        migrations.RemoveField(
            model_name="customer",
            name="next_limit_minor",
        ),
    ]
