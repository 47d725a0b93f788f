"""Earnings that two members of staff took back after a dispute."""

import django.db.models.deletion
import pgtrigger.compiler
import pgtrigger.migrations
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("billing", "0027_call_caps"),
        ("operators", "0014_operator_phone"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="CollusionFinding",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("amount_minor", models.PositiveBigIntegerField()),
                ("references", models.JSONField()),
                ("reason", models.CharField(max_length=300)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("recorded", "taken back"),
                            ("contested", "contested"),
                            ("upheld", "upheld"),
                            ("reversed", "restored"),
                        ],
                        default="recorded",
                        max_length=10,
                    ),
                ),
                ("recorded_at", models.DateTimeField()),
                ("contest", models.CharField(blank=True, max_length=1000)),
                ("contested_at", models.DateTimeField(null=True)),
                ("decision", models.CharField(blank=True, max_length=300)),
                ("decided_at", models.DateTimeField(null=True)),
                (
                    "confirmed_by",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
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
                (
                    "payment",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="billing.payment",
                    ),
                ),
                (
                    "proposed_by",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "permissions": [
                    ("decide_collusion", "Can record collusion with a customer and decide what is contested")
                ],
                "default_permissions": ("view",),
                "indexes": [
                    models.Index(
                        condition=models.Q(("state", "contested")),
                        fields=["contested_at"],
                        name="collusion_contested",
                    ),
                    models.Index(
                        models.F("operator"),
                        models.OrderBy(models.F("id"), descending=True),
                        name="collusion_operator",
                    ),
                ],
                "constraints": [
                    models.UniqueConstraint(fields=("payment", "operator"), name="collusion_once"),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("amount_minor__gt", 0),
                            models.Q(("reason", ""), _negated=True),
                            models.Q(("proposed_by", models.F("confirmed_by")), _negated=True),
                        ),
                        name="collusion_by_two",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("decided_by__isnull", True),
                            models.Q(
                                models.Q(("decided_by", models.F("proposed_by")), _negated=True),
                                models.Q(("decided_by", models.F("confirmed_by")), _negated=True),
                            ),
                            _connector="OR",
                        ),
                        name="collusion_decided_by_another",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("contested_at__isnull", True),
                                ("decided_at__isnull", True),
                                ("state", "recorded"),
                            ),
                            models.Q(
                                ("contested_at__isnull", False),
                                ("decided_at__isnull", True),
                                ("state", "contested"),
                            ),
                            models.Q(
                                ("contested_at__isnull", False),
                                ("decided_at__isnull", False),
                                ("decided_by__isnull", False),
                                ("state__in", ["upheld", "reversed"]),
                            ),
                            _connector="OR",
                        ),
                        name="collusion_state",
                    ),
                ],
            },
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="collusionfinding",
            trigger=pgtrigger.compiler.Trigger(
                name="stays",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="\n        IF TG_OP = 'DELETE' OR OLD.state IN ('upheld', 'reversed')\n           OR (OLD.id, OLD.payment_id, OLD.operator_id, OLD.amount_minor, OLD.references, OLD.reason)\n              IS DISTINCT FROM\n              (NEW.id, NEW.payment_id, NEW.operator_id, NEW.amount_minor, NEW.references, NEW.reason)\n           OR (OLD.proposed_by_id, OLD.confirmed_by_id, OLD.recorded_at)\n              IS DISTINCT FROM (NEW.proposed_by_id, NEW.confirmed_by_id, NEW.recorded_at)\n        THEN\n            RAISE EXCEPTION 'finding % of collusion stays as it was recorded', OLD.id USING ERRCODE = 'AE405';\n        END IF;\n        RETURN NEW;\n    ",
                    hash="8c153e31217d59ca1274ff47863389e5ce125652",
                    operation="UPDATE OR DELETE",
                    pgid="pgtrigger_stays_eb22d",
                    table="billing_collusionfinding",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="collusionfinding",
            trigger=pgtrigger.compiler.Trigger(
                name="no_truncate",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="\n        IF current_setting('aeims.may_truncate', true) = 'on' THEN RETURN NULL; END IF;\n        RAISE EXCEPTION 'rows of % are never removed', TG_TABLE_NAME USING ERRCODE = 'AE405';\n    ",
                    hash="3405c205683520f13e454652c03162c3529e2038",
                    level="STATEMENT",
                    operation="TRUNCATE",
                    pgid="pgtrigger_no_truncate_03e02",
                    table="billing_collusionfinding",
                    when="BEFORE",
                ),
            ),
        ),
    ]
