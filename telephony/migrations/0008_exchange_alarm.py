"""Exchanges that took too large a part of the trunk's time."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("telephony", "0007_node_silent"),
    ]

    operations = [
        migrations.CreateModel(
            name="ExchangeAlarm",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("exchange", models.CharField(max_length=7)),
                ("window", models.CharField(max_length=4)),
                ("day", models.DateField()),
                ("share_bps", models.PositiveIntegerField()),
                ("minutes", models.PositiveIntegerField()),
                ("raised_at", models.DateTimeField()),
            ],
            options={
                "default_permissions": (),
                "indexes": [models.Index(fields=["-raised_at"], name="exchange_alarm_recent")],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("exchange", "window", "day"), name="exchange_alarm_once_a_day"
                    )
                ],
            },
        ),
    ]
