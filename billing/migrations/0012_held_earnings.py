"""Earnings that wait for a decision of staff."""

import django.db.models.deletion
import pgtrigger.compiler
import pgtrigger.migrations
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("billing", "0011_settle_as_owner"),
        ("customers", "0017_login_network"),
        ("operators", "0011_counted_ratings"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="EarningsHold",
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
                            ("shared_network", "both logged in from one network address"),
                            ("large_share", "one customer pays much of the week"),
                            ("silent_leg", "one side of the call was silent"),
                        ],
                        max_length=16,
                    ),
                ),
                ("evidence", models.JSONField()),
                ("opened_at", models.DateTimeField()),
                (
                    "state",
                    models.CharField(
                        choices=[("open", "held"), ("released", "released"), ("withdrawn", "given back")],
                        default="open",
                        max_length=10,
                    ),
                ),
                ("decided_at", models.DateTimeField(null=True)),
                ("reason", models.CharField(blank=True, max_length=300)),
                (
                    "customer",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="customers.customer",
                    ),
                ),
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
                    "operator",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="operators.operator",
                    ),
                ),
            ],
            options={
                "permissions": [("decide_earnings", "Can release held earnings or give them back")],
                "default_permissions": ("view",),
            },
        ),
        migrations.CreateModel(
            name="HeldEarning",
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
                            ("shared_network", "both logged in from one network address"),
                            ("large_share", "one customer pays much of the week"),
                            ("silent_leg", "one side of the call was silent"),
                        ],
                        max_length=16,
                    ),
                ),
                ("reference", models.CharField(max_length=80)),
                ("amount_minor", models.BigIntegerField()),
                ("held_at", models.DateTimeField()),
                (
                    "hold",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="earnings",
                        to="billing.earningshold",
                    ),
                ),
                (
                    "operator",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="operators.operator",
                    ),
                ),
            ],
            options={
                "default_permissions": (),
            },
        ),
        migrations.AddIndex(
            model_name="earningshold",
            index=models.Index(
                condition=models.Q(("state", "open")), fields=["id"], name="earnings_hold_open"
            ),
        ),
        migrations.AddIndex(
            model_name="earningshold",
            index=models.Index(
                models.F("operator"),
                models.OrderBy(models.F("id"), descending=True),
                name="earnings_hold_operator",
            ),
        ),
        migrations.AddIndex(
            model_name="earningshold",
            index=models.Index(fields=["customer"], name="earnings_hold_customer"),
        ),
        migrations.AddIndex(
            model_name="earningshold",
            index=models.Index(fields=["-decided_at"], name="earnings_hold_decided"),
        ),
        migrations.AddConstraint(
            model_name="earningshold",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("decided_at__isnull", True),
                        ("decided_by__isnull", True),
                        ("reason", ""),
                        ("state", "open"),
                    ),
                    models.Q(
                        models.Q(("state", "open"), _negated=True),
                        ("decided_at__isnull", False),
                        ("decided_by__isnull", False),
                        models.Q(("reason", ""), _negated=True),
                    ),
                    _connector="OR",
                ),
                name="earnings_hold_open_or_decided",
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="earningshold",
            trigger=pgtrigger.compiler.Trigger(
                name="decided_once",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="\n        IF TG_OP = 'DELETE' OR OLD.state <> 'open'\n           OR (OLD.id, OLD.operator_id, OLD.customer_id, OLD.kind, OLD.evidence, OLD.opened_at) IS DISTINCT FROM\n              (NEW.id, NEW.operator_id, NEW.customer_id, NEW.kind, NEW.evidence, NEW.opened_at)\n        THEN\n            RAISE EXCEPTION 'earnings hold % is decided once and stays as it was opened', OLD.id USING ERRCODE = 'AE405';\n        END IF;\n        RETURN NEW;\n    ",
                    hash="9ae07bc9e46c03a448f5ec6d386ba0f304ede6de",
                    operation="UPDATE OR DELETE",
                    pgid="pgtrigger_decided_once_0ea8c",
                    table="billing_earningshold",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="earningshold",
            trigger=pgtrigger.compiler.Trigger(
                name="no_truncate",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="\n        IF current_setting('aeims.may_truncate', true) = 'on' THEN RETURN NULL; END IF;\n        RAISE EXCEPTION 'rows of % are never removed', TG_TABLE_NAME USING ERRCODE = 'AE405';\n    ",
                    hash="a76dbc6bfad6cfe01dc3aa546b19a0a9a9cf8f92",
                    level="STATEMENT",
                    operation="TRUNCATE",
                    pgid="pgtrigger_no_truncate_46b49",
                    table="billing_earningshold",
                    when="BEFORE",
                ),
            ),
        ),
        migrations.AddConstraint(
            model_name="heldearning",
            constraint=models.UniqueConstraint(
                fields=("operator", "reference", "kind"), name="earning_held_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="heldearning",
            constraint=models.CheckConstraint(
                condition=models.Q(("amount_minor__gt", 0), models.Q(("reference", ""), _negated=True)),
                name="earning_held",
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="heldearning",
            trigger=pgtrigger.compiler.Trigger(
                name="of_an_open_hold",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="\n        PERFORM FROM billing_earningshold\n          WHERE id = NEW.hold_id AND operator_id = NEW.operator_id AND kind = NEW.kind AND state = 'open'\n            FOR SHARE;\n        IF NOT FOUND THEN\n            RAISE EXCEPTION 'earnings hold % takes no more', NEW.hold_id USING ERRCODE = 'AE405';\n        END IF;\n        RETURN NEW;\n    ",
                    hash="36937e48a72f016cf0bf27778de03f20dca9a421",
                    operation="INSERT",
                    pgid="pgtrigger_of_an_open_hold_f18ea",
                    table="billing_heldearning",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="heldearning",
            trigger=pgtrigger.compiler.Trigger(
                name="append_only",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;",
                    hash="566f024962f840bee7c4ef85a4f1920aa7dba551",
                    operation="UPDATE OR DELETE",
                    pgid="pgtrigger_append_only_b7573",
                    table="billing_heldearning",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="heldearning",
            trigger=pgtrigger.compiler.Trigger(
                name="no_truncate",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="\n        IF current_setting('aeims.may_truncate', true) = 'on' THEN RETURN NULL; END IF;\n        RAISE EXCEPTION 'rows of % are never removed', TG_TABLE_NAME USING ERRCODE = 'AE405';\n    ",
                    hash="b174639d52f7179c6136823ee5ffc31b4e18a89f",
                    level="STATEMENT",
                    operation="TRUNCATE",
                    pgid="pgtrigger_no_truncate_362dd",
                    table="billing_heldearning",
                    when="BEFORE",
                ),
            ),
        ),
    ]
