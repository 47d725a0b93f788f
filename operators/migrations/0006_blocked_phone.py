"""The same for an operator's phone."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("operators", "0005_standard_names"),
    ]

    operations = [
        migrations.AddField(
            model_name="operator",
            name="phone_blocked_at",
            field=models.DateTimeField(blank=True, editable=False, null=True),
        ),
    ]
