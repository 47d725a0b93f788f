"""Limits move from three columns of the customer to a table of their own, with a row for each limit there is or once was."""

import django.db.models.deletion
import pgtrigger.compiler
import pgtrigger.migrations
from django.db import migrations, models

COPY = """
INSERT INTO customers_spendinglimit (customer_id, period, measure, amount, next_amount, next_at)
SELECT id, 'day', 'money', daily_limit_minor, next_limit_minor, next_limit_at
  FROM customers_customer c
 WHERE daily_limit_minor IS NOT NULL OR next_limit_at IS NOT NULL
    OR EXISTS (SELECT FROM history_customerchange h WHERE h.pgh_obj_id = c.id AND h.daily_limit_minor IS NOT NULL)
 ORDER BY id
"""


class Migration(migrations.Migration):
    dependencies = [
        ("customers", "0020_customer_zip_code"),
        ("history", "0003_closed_by_operator"),
    ]

    operations = [
        migrations.AddField(
            model_name="customer",
            name="has_limits",
            field=models.BooleanField(db_default=False, default=False, editable=False),
        ),
        migrations.CreateModel(
            name="SpendingLimit",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "period",
                    models.CharField(
                        choices=[("day", "day"), ("week", "week"), ("month", "month")], max_length=5
                    ),
                ),
                (
                    "measure",
                    models.CharField(
                        choices=[("money", "money"), ("minutes", "minutes on the phone")], max_length=7
                    ),
                ),
                (
                    "amount",
                    models.PositiveBigIntegerField(
                        blank=True, null=True, verbose_name="amount (cents or minutes)"
                    ),
                ),
                (
                    "next_amount",
                    models.PositiveBigIntegerField(blank=True, null=True, verbose_name="amount from then on"),
                ),
                ("next_at", models.DateTimeField(blank=True, null=True, verbose_name="changes at")),
                ("kept_from", models.DateTimeField(blank=True, editable=False, null=True)),
                ("kept_until", models.DateTimeField(blank=True, editable=False, null=True)),
                (
                    "customer",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="spending_limits",
                        to="customers.customer",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("customer", "period", "measure"), name="spending_limit_once"
                    )
                ],
            },
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="spendinglimit",
            trigger=pgtrigger.compiler.Trigger(
                name="has_limits",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="\n        UPDATE customers_customer SET has_limits = true WHERE id = NEW.customer_id AND NOT has_limits;\n        RETURN NULL;\n    ",
                    hash="ffbfba14a49ded3faed75d5963ee4cdfb5b791ef",
                    operation="INSERT",
                    pgid="pgtrigger_has_limits_660f6",
                    table="customers_spendinglimit",
                    when="AFTER",
                ),
            ),
        ),
        migrations.RunSQL(COPY, migrations.RunSQL.noop),
    ]
