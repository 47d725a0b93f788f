"""Networks that people log in from, as keyed hashes: earnings between two of one network are held."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("customers", "0016_drop_number"),
    ]

    operations = [
        migrations.CreateModel(
            name="LoginNetwork",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("network_hash", models.BinaryField(max_length=32)),
                ("last_seen_at", models.DateTimeField()),
                (
                    "user",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="login_networks",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["network_hash"], name="login_network")],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("user", "network_hash"), name="login_network_once_per_user"
                    )
                ],
            },
        ),
    ]
