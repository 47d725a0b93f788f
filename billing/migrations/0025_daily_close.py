"""The frozen trial balance of each day."""

import django.db.models.deletion
import django.db.models.expressions
import pgtrigger.compiler
import pgtrigger.migrations
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("billing", "0024_statements"),
    ]

    operations = [
        migrations.CreateModel(
            name="DailyClose",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("day", models.DateField(unique=True)),
                ("transactions", models.PositiveIntegerField()),
                ("last_transaction_id", models.BigIntegerField()),
                ("seal_number", models.BigIntegerField()),
                ("open_differences", models.PositiveIntegerField()),
                ("previous", models.BinaryField(max_length=32)),
                ("digest", models.BinaryField(max_length=32)),
                ("closed_at", models.DateTimeField()),
            ],
            options={
                "ordering": ["-day"],
                "default_permissions": ("view",),
            },
        ),
        migrations.CreateModel(
            name="DailyBalance",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("wallet", "customer's wallet"),
                            ("payable", "owed to an operator"),
                            ("revenue", "platform's revenue"),
                            ("promo", "given away for promotion"),
                            ("adjustment", "corrections by staff"),
                            ("processor", "card processor"),
                            ("payout", "paid to operators"),
                            ("tax", "tax owed"),
                            ("received", "received outside: transfers, cash"),
                            ("in_transit", "refunds on their way to cards"),
                            ("disputes", "lost in disputes"),
                            ("fees", "fees of card processors"),
                            ("bank", "bank"),
                        ],
                        max_length=12,
                    ),
                ),
                ("name", models.CharField(blank=True, max_length=40)),
                ("currency", models.CharField(max_length=3)),
                ("opening_minor", models.BigIntegerField()),
                ("debits_minor", models.BigIntegerField()),
                ("credits_minor", models.BigIntegerField()),
                ("closing_minor", models.BigIntegerField()),
                (
                    "close",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="balances",
                        to="billing.dailyclose",
                    ),
                ),
            ],
            options={
                "ordering": ["kind", "name", "currency"],
                "default_permissions": (),
            },
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="dailyclose",
            trigger=pgtrigger.compiler.Trigger(
                name="append_only",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;",
                    hash="9d67745fab6aac1654086adc482cc4eb7f0f1817",
                    operation="UPDATE OR DELETE",
                    pgid="pgtrigger_append_only_7b9b5",
                    table="billing_dailyclose",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="dailyclose",
            trigger=pgtrigger.compiler.Trigger(
                name="no_truncate",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="\n        IF current_setting('aeims.may_truncate', true) = 'on' THEN RETURN NULL; END IF;\n        RAISE EXCEPTION 'rows of % are never removed', TG_TABLE_NAME USING ERRCODE = 'AE405';\n    ",
                    hash="6f7d4f8be7cddb36e441362c94b61dac00509deb",
                    level="STATEMENT",
                    operation="TRUNCATE",
                    pgid="pgtrigger_no_truncate_2b825",
                    table="billing_dailyclose",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="dailyclose",
            trigger=pgtrigger.compiler.Trigger(
                name="follows",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    declare="DECLARE last record;",
                    func="\n        SELECT day, digest INTO last FROM billing_dailyclose ORDER BY day DESC LIMIT 1;\n        IF last.day IS NOT NULL AND (NEW.day <> last.day + 1 OR NEW.previous <> last.digest) THEN\n            RAISE EXCEPTION 'the close of % does not follow that of %', NEW.day, last.day USING ERRCODE = 'AE422';\n        END IF;\n        RETURN NEW;\n    ",
                    hash="57ef1a03141b0aa11856cb87517caf677f2001e1",
                    operation="INSERT",
                    pgid="pgtrigger_follows_bed75",
                    table="billing_dailyclose",
                    when="BEFORE",
                ),
            ),
        ),
        migrations.AddConstraint(
            model_name="dailybalance",
            constraint=models.UniqueConstraint(
                fields=("close", "kind", "name", "currency"), name="daily_balance_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="dailybalance",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "closing_minor",
                        django.db.models.expressions.CombinedExpression(
                            django.db.models.expressions.CombinedExpression(
                                models.F("opening_minor"), "+", models.F("credits_minor")
                            ),
                            "-",
                            models.F("debits_minor"),
                        ),
                    ),
                    ("credits_minor__gte", 0),
                    ("debits_minor__gte", 0),
                ),
                name="daily_balance_adds_up",
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="dailybalance",
            trigger=pgtrigger.compiler.Trigger(
                name="append_only",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;",
                    hash="f4ca0cfe30cd00af6faf7efaf5943fba169507df",
                    operation="UPDATE OR DELETE",
                    pgid="pgtrigger_append_only_41d67",
                    table="billing_dailybalance",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="dailybalance",
            trigger=pgtrigger.compiler.Trigger(
                name="no_truncate",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="\n        IF current_setting('aeims.may_truncate', true) = 'on' THEN RETURN NULL; END IF;\n        RAISE EXCEPTION 'rows of % are never removed', TG_TABLE_NAME USING ERRCODE = 'AE405';\n    ",
                    hash="25cd25e6aacda29383c4d94a229f68e5cb1e3201",
                    level="STATEMENT",
                    operation="TRUNCATE",
                    pgid="pgtrigger_no_truncate_3ae4e",
                    table="billing_dailybalance",
                    when="BEFORE",
                ),
            ),
        ),
    ]
