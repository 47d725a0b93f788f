"""Sounds that name a brand or an operator are made from rows and kept in the database, for every node to fetch."""

import django.db.models.functions.datetime
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("telephony", "0002_both")]

    operations = [
        migrations.CreateModel(
            name="SoundFile",
            fields=[
                (
                    "content_id",
                    models.CharField(editable=False, max_length=32, primary_key=True, serialize=False),
                ),
                ("text", models.CharField(editable=False, max_length=200)),
                ("data", models.BinaryField()),
                (
                    "made_at",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now(), editable=False
                    ),
                ),
            ],
        ),
    ]
