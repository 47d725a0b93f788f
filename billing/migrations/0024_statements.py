"""Statements of card processors, what differs from our books, and estimates of fees."""

import django.db.models.deletion
import django.db.models.functions.datetime
import pgtrigger.compiler
import pgtrigger.migrations
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("billing", "0023_offers"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name="merchantaccount",
            name="fee_bps",
            field=models.PositiveIntegerField(
                db_default=0,
                default=0,
                help_text="An estimate: 1,250 is 12.5% of each payment.",
                verbose_name="fee, basis points",
            ),
        ),
        migrations.AddField(
            model_name="merchantaccount",
            name="fee_fixed_minor",
            field=models.PositiveIntegerField(
                db_default=0,
                default=0,
                help_text="An estimate: what each payment costs beside that.",
                verbose_name="fee, cents",
            ),
        ),
        migrations.CreateModel(
            name="ProcessorStatement",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("gateway", models.CharField(max_length=40, verbose_name="processor")),
                ("name", models.CharField(max_length=120, verbose_name="file")),
                ("digest", models.BinaryField(max_length=32)),
                ("first_day", models.DateField()),
                ("last_day", models.DateField()),
                ("uploaded_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                (
                    "uploaded_by",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "permissions": [("reconcile", "Can read statements of processors and decide differences")],
                "default_permissions": ("view",),
            },
        ),
        migrations.CreateModel(
            name="StatementLine",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("gateway", models.CharField(max_length=40)),
                ("row", models.PositiveIntegerField()),
                ("number", models.CharField(max_length=80)),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("sale", "sale"),
                            ("refund", "refund"),
                            ("chargeback", "chargeback"),
                            ("reversal", "chargeback reversed"),
                            ("deposit", "deposit to the bank"),
                        ],
                        max_length=12,
                    ),
                ),
                ("charge", models.CharField(blank=True, max_length=80)),
                ("gross_minor", models.PositiveBigIntegerField()),
                ("fee_minor", models.BigIntegerField(default=0)),
                ("currency", models.CharField(max_length=3)),
                ("happened_on", models.DateField()),
                ("posted_at", models.DateTimeField(null=True)),
                ("bank_reference", models.CharField(blank=True, max_length=80)),
                ("banked_minor", models.PositiveBigIntegerField(null=True)),
                (
                    "payment",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="statement_lines",
                        to="billing.payment",
                    ),
                ),
                (
                    "statement",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="lines",
                        to="billing.processorstatement",
                    ),
                ),
            ],
            options={
                "default_permissions": (),
            },
        ),
        migrations.CreateModel(
            name="Difference",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("gateway", models.CharField(max_length=40)),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("amount", "another amount or currency than ours"),
                            ("unknown", "not in our books"),
                            ("duplicate", "stated twice"),
                            ("missing", "in no statement"),
                            ("bank", "another amount arrived at the bank"),
                        ],
                        max_length=10,
                    ),
                ),
                (
                    "stated",
                    models.CharField(
                        choices=[
                            ("sale", "sale"),
                            ("refund", "refund"),
                            ("chargeback", "chargeback"),
                            ("reversal", "chargeback reversed"),
                            ("deposit", "deposit to the bank"),
                        ],
                        max_length=12,
                    ),
                ),
                ("ours_minor", models.BigIntegerField()),
                ("theirs_minor", models.BigIntegerField()),
                ("currency", models.CharField(max_length=3)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("open", "open"),
                            ("accepted", "booked as stated"),
                            ("dismissed", "not booked"),
                            ("agreed", "agreed later"),
                        ],
                        default="open",
                        max_length=10,
                    ),
                ),
                ("reason", models.CharField(blank=True, max_length=300)),
                ("opened_at", models.DateTimeField()),
                ("decided_at", models.DateTimeField(null=True)),
                (
                    "decided_by",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "payment",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="differences",
                        to="billing.payment",
                    ),
                ),
                (
                    "line",
                    models.OneToOneField(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="difference",
                        to="billing.statementline",
                    ),
                ),
            ],
            options={
                "default_permissions": ("view",),
            },
        ),
        migrations.AddConstraint(
            model_name="processorstatement",
            constraint=models.UniqueConstraint(fields=("gateway", "digest"), name="statement_read_once"),
        ),
        migrations.AddConstraint(
            model_name="processorstatement",
            constraint=models.CheckConstraint(
                condition=models.Q(("last_day__gte", models.F("first_day"))), name="statement_days"
            ),
        ),
        migrations.AddIndex(
            model_name="statementline",
            index=models.Index(fields=["gateway", "number"], name="statement_number"),
        ),
        migrations.AddIndex(
            model_name="statementline",
            index=models.Index(fields=["payment", "kind"], name="statement_payment"),
        ),
        migrations.AddIndex(
            model_name="statementline",
            index=models.Index(
                condition=models.Q(("kind", "deposit"), ("posted_at__isnull", True)),
                fields=["id"],
                name="statement_waiting_deposit",
            ),
        ),
        migrations.AddConstraint(
            model_name="statementline",
            constraint=models.UniqueConstraint(fields=("statement", "row"), name="statement_row_once"),
        ),
        migrations.AddConstraint(
            model_name="statementline",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("kind", "deposit"), _negated=True),
                    models.Q(("fee_minor", 0), ("payment__isnull", True)),
                    _connector="OR",
                ),
                name="statement_deposit_alone",
            ),
        ),
        migrations.AddConstraint(
            model_name="statementline",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("kind", "deposit"), _negated=True),
                    ("posted_at__isnull", True),
                    models.Q(
                        ("banked_minor__isnull", False), models.Q(("bank_reference", ""), _negated=True)
                    ),
                    _connector="OR",
                ),
                name="statement_deposit_confirmed",
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="statementline",
            trigger=pgtrigger.compiler.Trigger(
                name="booked_once",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="\n        IF TG_OP = 'DELETE' OR OLD.posted_at IS NOT NULL\n           OR (OLD.id, OLD.statement_id, OLD.gateway, OLD.row, OLD.number, OLD.kind, OLD.charge, OLD.gross_minor)\n              IS DISTINCT FROM\n              (NEW.id, NEW.statement_id, NEW.gateway, NEW.row, NEW.number, NEW.kind, NEW.charge, NEW.gross_minor)\n           OR (OLD.fee_minor, OLD.currency, OLD.happened_on) IS DISTINCT FROM (NEW.fee_minor, NEW.currency, NEW.happened_on)\n        THEN\n            RAISE EXCEPTION 'line % of a statement stays as it was stated, and is booked once', OLD.id\n                USING ERRCODE = 'AE405';\n        END IF;\n        RETURN NEW;\n    ",
                    hash="68f8dff4eec2522bd6d8034658a6a7318c3cfd48",
                    operation="UPDATE OR DELETE",
                    pgid="pgtrigger_booked_once_3caee",
                    table="billing_statementline",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="statementline",
            trigger=pgtrigger.compiler.Trigger(
                name="no_truncate",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="\n        IF current_setting('aeims.may_truncate', true) = 'on' THEN RETURN NULL; END IF;\n        RAISE EXCEPTION 'rows of % are never removed', TG_TABLE_NAME USING ERRCODE = 'AE405';\n    ",
                    hash="aca30cd0e444681df9e4d25541cbcbb2d235c12d",
                    level="STATEMENT",
                    operation="TRUNCATE",
                    pgid="pgtrigger_no_truncate_76444",
                    table="billing_statementline",
                    when="BEFORE",
                ),
            ),
        ),
        migrations.AddIndex(
            model_name="difference",
            index=models.Index(condition=models.Q(("state", "open")), fields=["id"], name="difference_open"),
        ),
        migrations.AddIndex(
            model_name="difference",
            index=models.Index(fields=["-decided_at"], name="difference_decided_at"),
        ),
        migrations.AddConstraint(
            model_name="difference",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("decided_at__isnull", True), ("state", "open")),
                    models.Q(models.Q(("state", "open"), _negated=True), ("decided_at__isnull", False)),
                    _connector="OR",
                ),
                name="difference_decided",
            ),
        ),
        migrations.AddConstraint(
            model_name="difference",
            constraint=models.UniqueConstraint(
                condition=models.Q(("kind", "missing")),
                fields=("payment", "stated"),
                name="difference_missing_once",
            ),
        ),
    ]
