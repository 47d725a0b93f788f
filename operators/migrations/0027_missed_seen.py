"""When an operator last saw which calls they missed."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("operators", "0026_several_phones")]

    operations = [
        migrations.AddField("operator", "missed_seen_at", models.DateTimeField(editable=False, null=True)),
    ]
