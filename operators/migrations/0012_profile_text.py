"""What operators write about themselves waits for staff."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("operators", "0011_counted_ratings")]

    operations = [
        migrations.CreateModel(
            name="ProfileText",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("waiting", "waits for staff"),
                            ("shown", "shown to customers"),
                            ("refused", "refused"),
                        ],
                        max_length=8,
                    ),
                ),
                ("offered_at", models.DateTimeField()),
                ("reason", models.CharField(blank=True, max_length=300)),
                (
                    "field",
                    models.CharField(
                        choices=[
                            ("headline", "Headline"),
                            ("bio", "About you"),
                            ("languages", "Languages"),
                            ("specialties", "Specialties"),
                        ],
                        max_length=12,
                    ),
                ),
                ("value", models.JSONField()),
                (
                    "operator",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="profile_texts",
                        to="operators.operator",
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(
                        condition=models.Q(("state", "waiting")), fields=["id"], name="profile_text_waiting"
                    )
                ],
                "constraints": [
                    models.UniqueConstraint(fields=("operator", "field"), name="profile_text_once")
                ],
            },
        ),
    ]
