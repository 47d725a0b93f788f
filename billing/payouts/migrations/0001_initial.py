"""Accounts, runs, items, and files of payouts; what differs by year and state."""

import django.db.models.deletion
import django.db.models.functions.datetime
import pgtrigger.compiler
import pgtrigger.migrations
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("operators", "0028_tax_forms"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="DormancyTerm",
            fields=[
                ("region", models.CharField(max_length=2, primary_key=True, serialize=False)),
                ("years", models.PositiveSmallIntegerField()),
                ("source", models.CharField(help_text="Where the term is published.", max_length=200)),
                (
                    "changed_at",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now(), editable=False
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="PayoutAccount",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "method",
                    models.CharField(
                        choices=[
                            ("ach", "ACH (NACHA file)"),
                            ("transfer", "bank transfer (CSV file)"),
                            ("check", "check"),
                            ("wallet", "wallet"),
                        ],
                        max_length=8,
                    ),
                ),
                (
                    "account_type",
                    models.CharField(
                        blank=True, choices=[("checking", "checking"), ("savings", "savings")], max_length=8
                    ),
                ),
                ("last_four", models.CharField(blank=True, max_length=4)),
                ("details", models.BinaryField()),
                ("digest", models.BinaryField(max_length=32)),
                ("added_at", models.DateTimeField()),
                ("effective_at", models.DateTimeField()),
                ("ended_at", models.DateTimeField(null=True)),
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
                "default_permissions": ("view",),
            },
        ),
        migrations.CreateModel(
            name="PayoutRun",
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
                            ("weekly", "weekly close"),
                            ("staff", "by staff"),
                            ("request", "asked for by the operator"),
                        ],
                        max_length=8,
                    ),
                ),
                ("week_of", models.DateField(null=True)),
                ("held_back_since", models.DateTimeField()),
                ("prepared_at", models.DateTimeField()),
                ("alone_after", models.DateTimeField(null=True)),
                ("approved_at", models.DateTimeField(null=True)),
                ("approval_reason", models.CharField(blank=True, max_length=300)),
                ("canceled_at", models.DateTimeField(null=True)),
                (
                    "approved_by",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "prepared_by",
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
                "permissions": [
                    (
                        "prepare_payouts",
                        "Can prepare runs of payouts, export their files, and say what was paid or returned",
                    ),
                    ("approve_payouts", "Can approve runs of payouts that someone else prepared"),
                ],
                "default_permissions": ("view",),
            },
        ),
        migrations.CreateModel(
            name="PayoutItem",
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
                            ("prepared", "prepared"),
                            ("approved", "approved"),
                            ("exported", "exported"),
                            ("paid", "paid"),
                            ("returned", "returned"),
                        ],
                        default="prepared",
                        max_length=8,
                    ),
                ),
                (
                    "method",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("ach", "ACH (NACHA file)"),
                            ("transfer", "bank transfer (CSV file)"),
                            ("check", "check"),
                            ("wallet", "wallet"),
                        ],
                        max_length=8,
                    ),
                ),
                ("amount_minor", models.BigIntegerField()),
                ("withheld_minor", models.BigIntegerField(default=0)),
                ("fee_minor", models.BigIntegerField(default=0)),
                ("obstacle", models.CharField(blank=True, max_length=24)),
                ("approved_at", models.DateTimeField(null=True)),
                ("exported_at", models.DateTimeField(null=True)),
                ("paid_at", models.DateTimeField(null=True)),
                ("paid_on", models.DateField(null=True)),
                ("bank_reference", models.CharField(blank=True, max_length=80)),
                ("returned_at", models.DateTimeField(null=True)),
                ("return_reason", models.CharField(blank=True, max_length=300)),
                (
                    "account",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="payouts.payoutaccount",
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
                    "run",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="items",
                        to="payouts.payoutrun",
                    ),
                ),
            ],
            options={
                "default_permissions": ("view",),
            },
        ),
        migrations.CreateModel(
            name="PayoutFile",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("format", models.CharField(choices=[("nacha", "NACHA PPD"), ("csv", "CSV")], max_length=5)),
                ("data", models.BinaryField()),
                ("digest", models.CharField(max_length=64)),
                ("entries", models.PositiveIntegerField()),
                ("total_minor", models.BigIntegerField()),
                ("made_at", models.DateTimeField()),
                (
                    "made_by",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "run",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="files",
                        to="payouts.payoutrun",
                    ),
                ),
            ],
            options={
                "default_permissions": ("view",),
            },
        ),
        migrations.CreateModel(
            name="TaxYear",
            fields=[
                ("year", models.PositiveSmallIntegerField(primary_key=True, serialize=False)),
                ("threshold_minor", models.BigIntegerField()),
                ("withholding_bps", models.PositiveIntegerField()),
                ("source", models.CharField(help_text="Where the figures are published.", max_length=200)),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("threshold_minor__gte", 0), ("withholding_bps__lte", 5000)),
                        name="tax_year_sound",
                    )
                ],
            },
        ),
        migrations.AddIndex(
            model_name="payoutaccount",
            index=models.Index(
                models.F("operator"),
                models.OrderBy(models.F("id"), descending=True),
                name="payout_account_operator",
            ),
        ),
        migrations.AddIndex(
            model_name="payoutaccount",
            index=models.Index(
                condition=models.Q(("ended_at__isnull", True)),
                fields=["digest"],
                name="payout_account_shared",
            ),
        ),
        migrations.AddConstraint(
            model_name="payoutaccount",
            constraint=models.CheckConstraint(
                condition=models.Q(("effective_at__gte", models.F("added_at"))),
                name="payout_account_not_before_it_was_added",
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="payoutaccount",
            trigger=pgtrigger.compiler.Trigger(
                name="ends_once",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="\n        IF OLD.ended_at IS NOT NULL AND OLD.ended_at IS DISTINCT FROM NEW.ended_at\n           OR (OLD.operator_id, OLD.method, OLD.account_type, OLD.last_four, OLD.added_at, OLD.effective_at)\n              IS DISTINCT FROM\n              (NEW.operator_id, NEW.method, NEW.account_type, NEW.last_four, NEW.added_at, NEW.effective_at)\n        THEN\n            RAISE EXCEPTION 'payout account % stays as it was added', OLD.id USING ERRCODE = 'AE405';\n        END IF;\n        RETURN NEW;\n    ",
                    hash="2ee7686b654e9a40b82554591f6b584bf719ade8",
                    operation="UPDATE",
                    pgid="pgtrigger_ends_once_70cd2",
                    table="payouts_payoutaccount",
                    when="BEFORE",
                ),
            ),
        ),
        migrations.AddIndex(
            model_name="payoutrun",
            index=models.Index(
                condition=models.Q(("approved_at__isnull", True), ("canceled_at__isnull", True)),
                fields=["id"],
                name="payout_run_waiting",
            ),
        ),
        migrations.AddConstraint(
            model_name="payoutrun",
            constraint=models.UniqueConstraint(
                condition=models.Q(("kind", "weekly")), fields=("week_of",), name="payout_run_once_a_week"
            ),
        ),
        migrations.AddConstraint(
            model_name="payoutrun",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("approved_at__isnull", True), ("approved_by__isnull", True)),
                    models.Q(("approved_at__isnull", False), ("approved_by__isnull", False)),
                    _connector="OR",
                ),
                name="payout_run_approved_by_somebody",
            ),
        ),
        migrations.AddConstraint(
            model_name="payoutrun",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("approved_by__isnull", True),
                    ("prepared_by__isnull", True),
                    models.Q(("approved_by", models.F("prepared_by")), _negated=True),
                    models.Q(("alone_after__isnull", False), ("approved_at__gte", models.F("alone_after"))),
                    _connector="OR",
                ),
                name="payout_run_approved_by_another",
            ),
        ),
        migrations.AddConstraint(
            model_name="payoutrun",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("approved_at__isnull", True), ("canceled_at__isnull", True), _connector="OR"
                ),
                name="payout_run_approved_or_canceled",
            ),
        ),
        migrations.AddIndex(
            model_name="payoutitem",
            index=models.Index(
                models.F("operator"),
                models.OrderBy(models.F("id"), descending=True),
                name="payout_item_operator",
            ),
        ),
        migrations.AddIndex(
            model_name="payoutitem",
            index=models.Index(
                condition=models.Q(("state__in", ["approved", "exported"])),
                fields=["id"],
                name="payout_item_in_transit",
            ),
        ),
        migrations.AddIndex(
            model_name="payoutitem",
            index=models.Index(
                condition=models.Q(("paid_on__isnull", False)), fields=["paid_on"], name="payout_item_paid_on"
            ),
        ),
        migrations.AddConstraint(
            model_name="payoutitem",
            constraint=models.UniqueConstraint(fields=("run", "operator"), name="payout_item_once_in_a_run"),
        ),
        migrations.AddConstraint(
            model_name="payoutitem",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("amount_minor__gte", 0), ("fee_minor__gte", 0), ("withheld_minor__gte", 0)
                ),
                name="payout_item_not_negative",
            ),
        ),
        migrations.AddConstraint(
            model_name="payoutitem",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("approved_at__isnull", True), ("state", "prepared")),
                    models.Q(
                        models.Q(("state", "prepared"), _negated=True),
                        ("amount_minor__gt", 0),
                        ("approved_at__isnull", False),
                        ("obstacle", ""),
                        models.Q(("method", ""), _negated=True),
                    ),
                    _connector="OR",
                ),
                name="payout_item_approved",
            ),
        ),
        migrations.AddConstraint(
            model_name="payoutitem",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("state", "paid"), _negated=True),
                    models.Q(
                        ("paid_at__isnull", False),
                        ("paid_on__isnull", False),
                        models.Q(("bank_reference", ""), _negated=True),
                    ),
                    _connector="OR",
                ),
                name="payout_item_paid",
            ),
        ),
        migrations.AddConstraint(
            model_name="payoutitem",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("state", "returned"), _negated=True),
                    models.Q(("returned_at__isnull", False), models.Q(("return_reason", ""), _negated=True)),
                    _connector="OR",
                ),
                name="payout_item_returned",
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="payoutitem",
            trigger=pgtrigger.compiler.Trigger(
                name="follows_in_order",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="\n        IF TG_OP = 'DELETE' OR (OLD.id, OLD.run_id, OLD.operator_id) IS DISTINCT FROM (NEW.id, NEW.run_id, NEW.operator_id)\n        THEN\n            RAISE EXCEPTION 'payout item % stays in its run', OLD.id USING ERRCODE = 'AE405';\n        END IF;\n        IF OLD.state <> 'prepared'\n           AND (OLD.amount_minor, OLD.withheld_minor, OLD.fee_minor, OLD.method, OLD.account_id, OLD.approved_at)\n               IS DISTINCT FROM\n               (NEW.amount_minor, NEW.withheld_minor, NEW.fee_minor, NEW.method, NEW.account_id, NEW.approved_at)\n        THEN\n            RAISE EXCEPTION 'payout item % was approved as it is', OLD.id USING ERRCODE = 'AE405';\n        END IF;\n        IF OLD.state <> NEW.state AND NOT coalesce(OLD.state = 'prepared' AND NEW.state IN ('approved') OR OLD.state = 'approved' AND NEW.state IN ('exported', 'paid', 'returned') OR OLD.state = 'exported' AND NEW.state IN ('paid', 'returned') OR OLD.state = 'paid' AND NEW.state IN ('returned'), false) THEN\n            RAISE EXCEPTION 'payout item % cannot go from % to %', OLD.id, OLD.state, NEW.state USING ERRCODE = 'AE405';\n        END IF;\n        RETURN NEW;\n    ",
                    hash="b280bad4c82f5552fe0576655f3b1b87043a4211",
                    operation="UPDATE OR DELETE",
                    pgid="pgtrigger_follows_in_order_2b3a2",
                    table="payouts_payoutitem",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="payoutitem",
            trigger=pgtrigger.compiler.Trigger(
                name="no_truncate",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="\n        IF current_setting('aeims.may_truncate', true) = 'on' THEN RETURN NULL; END IF;\n        RAISE EXCEPTION 'rows of % are never removed', TG_TABLE_NAME USING ERRCODE = 'AE405';\n    ",
                    hash="16e273230e5907dfc95e38ec435ff026ab86c7dc",
                    level="STATEMENT",
                    operation="TRUNCATE",
                    pgid="pgtrigger_no_truncate_b7688",
                    table="payouts_payoutitem",
                    when="BEFORE",
                ),
            ),
        ),
        migrations.AddConstraint(
            model_name="payoutfile",
            constraint=models.UniqueConstraint(fields=("run", "format"), name="payout_file_once"),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="payoutfile",
            trigger=pgtrigger.compiler.Trigger(
                name="as_it_was_made",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    condition='WHEN (OLD."digest" IS DISTINCT FROM (NEW."digest") OR OLD."entries" IS DISTINCT FROM (NEW."entries") OR OLD."format" IS DISTINCT FROM (NEW."format") OR OLD."id" IS DISTINCT FROM (NEW."id") OR OLD."made_at" IS DISTINCT FROM (NEW."made_at") OR OLD."made_by_id" IS DISTINCT FROM (NEW."made_by_id") OR OLD."run_id" IS DISTINCT FROM (NEW."run_id") OR OLD."total_minor" IS DISTINCT FROM (NEW."total_minor"))',
                    func="RAISE EXCEPTION 'pgtrigger: Cannot update rows from % table', TG_TABLE_NAME;",
                    hash="0b0dfa9e4220183ad5a42524b260a5c17f8ba537",
                    operation="UPDATE",
                    pgid="pgtrigger_as_it_was_made_c49b0",
                    table="payouts_payoutfile",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="payoutfile",
            trigger=pgtrigger.compiler.Trigger(
                name="kept",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="RAISE EXCEPTION 'pgtrigger: Cannot delete rows from % table', TG_TABLE_NAME;",
                    hash="a9e1444938b3efc40818eab86953399f64ef561e",
                    operation="DELETE",
                    pgid="pgtrigger_kept_0bd7a",
                    table="payouts_payoutfile",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="payoutfile",
            trigger=pgtrigger.compiler.Trigger(
                name="no_truncate",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="\n        IF current_setting('aeims.may_truncate', true) = 'on' THEN RETURN NULL; END IF;\n        RAISE EXCEPTION 'rows of % are never removed', TG_TABLE_NAME USING ERRCODE = 'AE405';\n    ",
                    hash="26a1e054004990ac6bafc1ce601377de40f30065",
                    level="STATEMENT",
                    operation="TRUNCATE",
                    pgid="pgtrigger_no_truncate_e89f0",
                    table="payouts_payoutfile",
                    when="BEFORE",
                ),
            ),
        ),
    ]
