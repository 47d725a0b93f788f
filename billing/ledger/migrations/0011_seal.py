"""Seals of what was posted, append-only, and the function that digests what they seal. What exists is sealed by the worker."""

import pgtrigger.compiler
import pgtrigger.migrations
from django.db import migrations, models

import billing.ledger.models
from core.sql_functions import InstallFunction


class Migration(migrations.Migration):
    dependencies = [
        ("ledger", "0010_guards"),
    ]

    operations = [
        InstallFunction(
            "ledger_sealed_root",
            sha256="a6ea9b59361010050b9697563184def7ffe7f5fae6aa6cf05a1642c57fe0b9fb",
            drop="DROP FUNCTION ledger_sealed_root(bigint, bigint);",
        ),
        migrations.CreateModel(
            name="Seal",
            fields=[
                ("number", models.BigIntegerField(primary_key=True, serialize=False)),
                ("format", models.PositiveSmallIntegerField(default=1)),
                ("first_id", models.BigIntegerField()),
                ("last_id", models.BigIntegerField()),
                ("transactions", models.BigIntegerField()),
                ("root", models.BinaryField(max_length=32)),
                ("previous", models.BinaryField(max_length=32)),
                ("digest", models.BinaryField(max_length=32)),
                (
                    "sealed_at",
                    models.DateTimeField(db_default=billing.ledger.models.ClockTimestamp(), editable=False),
                ),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("last_id__gte", models.F("first_id"))), name="seal_has_a_range"
                    )
                ],
            },
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="seal",
            trigger=pgtrigger.compiler.Trigger(
                name="append_only",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;",
                    hash="f83a6923d956c167d9f218e4e77841a9a816683d",
                    operation="UPDATE OR DELETE",
                    pgid="pgtrigger_append_only_addd1",
                    table="ledger_seal",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="seal",
            trigger=pgtrigger.compiler.Trigger(
                name="no_truncate",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="\n        IF current_setting('aeims.may_truncate', true) = 'on' THEN RETURN NULL; END IF;\n        RAISE EXCEPTION 'rows of % are never removed', TG_TABLE_NAME USING ERRCODE = 'AE405';\n    ",
                    hash="7fc44e03673cca032f4dab2aef5872d76d9c3780",
                    level="STATEMENT",
                    operation="TRUNCATE",
                    pgid="pgtrigger_no_truncate_5723d",
                    table="ledger_seal",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="seal",
            trigger=pgtrigger.compiler.Trigger(
                name="follows",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    declare="DECLARE head record;",
                    func="\n        SELECT number, last_id, digest INTO head FROM ledger_seal ORDER BY number DESC LIMIT 1;\n        IF NEW.number <> coalesce(head.number, 0) + 1\n           OR head.number IS NOT NULL AND (NEW.first_id <> head.last_id + 1 OR NEW.previous <> head.digest) THEN\n            RAISE EXCEPTION 'seal % does not follow seal %', NEW.number, head.number USING ERRCODE = 'AE422';\n        END IF;\n        RETURN NEW;\n    ",
                    hash="82fe197026196a72311c8e0ffc437e20100496e8",
                    operation="INSERT",
                    pgid="pgtrigger_follows_5997c",
                    table="ledger_seal",
                    when="BEFORE",
                ),
            ),
        ),
    ]
