"""The number of the charge in a notice; what a processor's reports list."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("billing", "0013_card_payments")]

    operations = [
        migrations.CreateModel(
            name="ProcessorReport",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("gateway", models.CharField(max_length=40, unique=True)),
                ("asked_at", models.DateTimeField()),
                ("covers_until", models.DateTimeField()),
            ],
            options={"default_permissions": ()},
        ),
        migrations.AddField(
            model_name="paymentnotice",
            name="charge",
            field=models.CharField(blank=True, db_default="", max_length=80),
        ),
        migrations.AddIndex(
            model_name="paymentnotice",
            index=models.Index(
                condition=models.Q(("charge", ""), _negated=True),
                fields=["gateway", "charge"],
                name="payment_notice_charge",
            ),
        ),
        migrations.CreateModel(
            name="ReportLine",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("gateway", models.CharField(max_length=40)),
                ("key", models.CharField(max_length=80)),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("sale", "taken from the card"),
                            ("refund", "given back"),
                            ("void", "never taken after all"),
                            ("chargeback", "taken back by the bank"),
                        ],
                        max_length=12,
                    ),
                ),
                ("charge", models.CharField(max_length=80)),
                ("account", models.CharField(max_length=80)),
                ("amount_minor", models.PositiveBigIntegerField()),
                (
                    "payment",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="report_lines",
                        to="billing.payment",
                    ),
                ),
            ],
            options={
                "default_permissions": (),
                "indexes": [models.Index(fields=["gateway", "charge"], name="report_line_charge")],
                "constraints": [models.UniqueConstraint(fields=("gateway", "key"), name="report_line_once")],
            },
        ),
    ]
