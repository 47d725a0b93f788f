"""Limits have a history of their own, which begins with what was written down of them with the customer."""

import django.db.models.deletion
import pghistory.utils
import pgtrigger.compiler
import pgtrigger.migrations
from django.db import migrations, models

# A change of anything else with the customer is no change of the limit.
COPY = """
INSERT INTO history_limitchange
       (pgh_created_at, pgh_label, pgh_context, pgh_obj_id, customer_id, period, measure, amount, next_amount, next_at)
SELECT h.pgh_created_at, CASE WHEN h.place = 1 THEN 'begin' ELSE 'update' END, h.pgh_context, l.id, l.customer_id, l.period,
       l.measure, h.daily_limit_minor, h.next_limit_minor, h.next_limit_at
  FROM (SELECT *, row_number() OVER mine AS place, lag(daily_limit_minor) OVER mine AS old_limit,
               lag(next_limit_minor) OVER mine AS old_next, lag(next_limit_at) OVER mine AS old_at
          FROM history_customerchange WINDOW mine AS (PARTITION BY pgh_obj_id ORDER BY pgh_id)) h
  JOIN customers_spendinglimit l ON l.customer_id = h.pgh_obj_id
 WHERE h.place = 1
    OR (h.daily_limit_minor, h.next_limit_minor, h.next_limit_at) IS DISTINCT FROM (h.old_limit, h.old_next, h.old_at)
 ORDER BY h.pgh_id
"""


class Migration(migrations.Migration):
    dependencies = [
        ("customers", "0021_spending_limits"),
        ("history", "0003_closed_by_operator"),
    ]

    operations = [
        migrations.CreateModel(
            name="LimitChange",
            fields=[
                ("pgh_id", models.AutoField(primary_key=True, serialize=False)),
                ("pgh_created_at", models.DateTimeField(auto_now_add=True)),
                ("pgh_label", models.TextField(help_text="The event label.")),
                ("pgh_context", pghistory.utils.JSONField(null=True)),
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
            ],
            options={
                "abstract": False,
                "default_permissions": (),
            },
        ),
        migrations.CreateModel(
            name="TrackedLimit",
            fields=[],
            options={
                "proxy": True,
                "default_permissions": (),
                "indexes": [],
                "constraints": [],
            },
            bases=("customers.spendinglimit",),
        ),
        migrations.AddField(
            model_name="limitchange",
            name="customer",
            field=models.ForeignKey(
                db_constraint=False,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="+",
                related_query_name="+",
                to="customers.customer",
            ),
        ),
        migrations.AddField(
            model_name="limitchange",
            name="pgh_obj",
            field=models.ForeignKey(
                db_constraint=False,
                db_index=False,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="+",
                to="history.trackedlimit",
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="trackedlimit",
            trigger=pgtrigger.compiler.Trigger(
                name="insert_insert",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func='INSERT INTO "history_limitchange" ("amount", "customer_id", "measure", "next_amount", "next_at", "period", "pgh_context", "pgh_created_at", "pgh_label", "pgh_obj_id") VALUES (NEW."amount", NEW."customer_id", NEW."measure", NEW."next_amount", NEW."next_at", NEW."period", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, NOW(), \'insert\', NEW."id"); RETURN NULL;',
                    hash="8b64819f347130d31a18803d859e5a9e20bd4470",
                    operation="INSERT",
                    pgid="pgtrigger_insert_insert_987bc",
                    table="customers_spendinglimit",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="trackedlimit",
            trigger=pgtrigger.compiler.Trigger(
                name="update_update",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    condition='WHEN (OLD."amount" IS DISTINCT FROM (NEW."amount") OR OLD."customer_id" IS DISTINCT FROM (NEW."customer_id") OR OLD."measure" IS DISTINCT FROM (NEW."measure") OR OLD."next_amount" IS DISTINCT FROM (NEW."next_amount") OR OLD."next_at" IS DISTINCT FROM (NEW."next_at") OR OLD."period" IS DISTINCT FROM (NEW."period"))',
                    func='INSERT INTO "history_limitchange" ("amount", "customer_id", "measure", "next_amount", "next_at", "period", "pgh_context", "pgh_created_at", "pgh_label", "pgh_obj_id") VALUES (NEW."amount", NEW."customer_id", NEW."measure", NEW."next_amount", NEW."next_at", NEW."period", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, NOW(), \'update\', NEW."id"); RETURN NULL;',
                    hash="d4d70c468581e937fc8f74f2be6ff5cb4f6e9a3a",
                    operation="UPDATE",
                    pgid="pgtrigger_update_update_0f41c",
                    table="customers_spendinglimit",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="trackedlimit",
            trigger=pgtrigger.compiler.Trigger(
                name="delete_delete",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func='INSERT INTO "history_limitchange" ("amount", "customer_id", "measure", "next_amount", "next_at", "period", "pgh_context", "pgh_created_at", "pgh_label", "pgh_obj_id") VALUES (OLD."amount", OLD."customer_id", OLD."measure", OLD."next_amount", OLD."next_at", OLD."period", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, NOW(), \'delete\', OLD."id"); RETURN NULL;',
                    hash="63380a5d98de5bafbf3b990f4005e3e3672a9889",
                    operation="DELETE",
                    pgid="pgtrigger_delete_delete_b99da",
                    table="customers_spendinglimit",
                    when="AFTER",
                ),
            ),
        ),
        migrations.AddIndex(
            model_name="limitchange",
            index=models.Index(fields=["pgh_obj", "pgh_id"], name="history_lim_pgh_obj_8a8d4d_idx"),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="limitchange",
            trigger=pgtrigger.compiler.Trigger(
                name="no_truncate",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="\n        IF current_setting('aeims.may_truncate', true) = 'on' THEN RETURN NULL; END IF;\n        RAISE EXCEPTION 'rows of % are never removed', TG_TABLE_NAME USING ERRCODE = 'AE405';\n    ",
                    hash="566e69ada08cecd6e8c36fd1db0b29202b67aa72",
                    level="STATEMENT",
                    operation="TRUNCATE",
                    pgid="pgtrigger_no_truncate_fdda9",
                    table="history_limitchange",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="limitchange",
            trigger=pgtrigger.compiler.Trigger(
                name="append_only",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;",
                    hash="eff5741549ac5ebb0b542c25f3e4dff1322dac7e",
                    operation="UPDATE OR DELETE",
                    pgid="pgtrigger_append_only_8f95b",
                    table="history_limitchange",
                    when="BEFORE",
                ),
            ),
        ),
        migrations.RunSQL(COPY, migrations.RunSQL.noop),
        pgtrigger.migrations.RemoveTrigger(
            model_name="trackedcustomer",
            name="insert_insert",
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name="trackedcustomer",
            name="update_update",
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name="trackedcustomer",
            name="delete_delete",
        ),
        migrations.RemoveField(
            model_name="customerchange",
            name="daily_limit_minor",
        ),
        migrations.RemoveField(
            model_name="customerchange",
            name="next_limit_at",
        ),
        migrations.RemoveField(
            model_name="customerchange",
            name="next_limit_minor",
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="trackedcustomer",
            trigger=pgtrigger.compiler.Trigger(
                name="insert_insert",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func='INSERT INTO "history_customerchange" ("adult_access_basis", "closed_at", "home_brand_id", "paused_until", "pgh_context", "pgh_created_at", "pgh_label", "pgh_obj_id") VALUES (NEW."adult_access_basis", NEW."closed_at", NEW."home_brand_id", NEW."paused_until", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, NOW(), \'insert\', NEW."id"); RETURN NULL;',
                    hash="5a1a01184d642b3af5e2445af75c4ce1a33f7a13",
                    operation="INSERT",
                    pgid="pgtrigger_insert_insert_f6298",
                    table="customers_customer",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="trackedcustomer",
            trigger=pgtrigger.compiler.Trigger(
                name="update_update",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    condition='WHEN (OLD."adult_access_basis" IS DISTINCT FROM (NEW."adult_access_basis") OR OLD."closed_at" IS DISTINCT FROM (NEW."closed_at") OR OLD."home_brand_id" IS DISTINCT FROM (NEW."home_brand_id") OR OLD."paused_until" IS DISTINCT FROM (NEW."paused_until"))',
                    func='INSERT INTO "history_customerchange" ("adult_access_basis", "closed_at", "home_brand_id", "paused_until", "pgh_context", "pgh_created_at", "pgh_label", "pgh_obj_id") VALUES (NEW."adult_access_basis", NEW."closed_at", NEW."home_brand_id", NEW."paused_until", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, NOW(), \'update\', NEW."id"); RETURN NULL;',
                    hash="9a6696fc2f0d9da71bc2767a044160d9a57a9fe6",
                    operation="UPDATE",
                    pgid="pgtrigger_update_update_6241b",
                    table="customers_customer",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="trackedcustomer",
            trigger=pgtrigger.compiler.Trigger(
                name="delete_delete",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func='INSERT INTO "history_customerchange" ("adult_access_basis", "closed_at", "home_brand_id", "paused_until", "pgh_context", "pgh_created_at", "pgh_label", "pgh_obj_id") VALUES (OLD."adult_access_basis", OLD."closed_at", OLD."home_brand_id", OLD."paused_until", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, NOW(), \'delete\', OLD."id"); RETURN NULL;',
                    hash="733dee6415ee3932dbb6bde3798c5a842b46aea3",
                    operation="DELETE",
                    pgid="pgtrigger_delete_delete_ab8ea",
                    table="customers_customer",
                    when="AFTER",
                ),
            ),
        ),
    ]
