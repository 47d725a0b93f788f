"""One index less on keys, one check less at commit, plans that are kept."""

import pgtrigger.compiler
import pgtrigger.migrations
from django.conf import settings
from django.db import migrations, models

from core.sql_functions import InstallFunction


class Migration(migrations.Migration):
    dependencies = [
        ("brands", "0001_initial"),
        ("customers", "0001_initial"),
        ("ledger", "0004_roll_up_by_key"),
        ("operators", "0002_at_work"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        InstallFunction(
            "ledger_post",
            sha256="3877fb93c57a77d5f5cf6d59eafbd1c3b2b82f6280b642e89968fde8ff5accaa",
            replaces="adf6c766ffbda06cfc4cfebd7b6a066a2c0bde601d9d7cc7c159522c89065300",
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name="entry",
            name="balanced",
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name="transaction",
            name="balanced",
        ),
        migrations.AlterField(
            model_name="transaction",
            name="idempotency_key",
            field=models.CharField(max_length=200),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="entry",
            trigger=pgtrigger.compiler.Trigger(
                name="balanced",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    constraint="CONSTRAINT",
                    declare="DECLARE found record;",
                    func="\n        SELECT t.id, count(e.id) AS entries, count(a.id) AS known, coalesce(sum(e.amount_minor), 0) AS total\n          INTO found\n          FROM ledger_transaction t\n          LEFT JOIN ledger_entry e ON e.transaction_id = t.id\n          LEFT JOIN ledger_account a ON a.id = e.account_id AND a.currency = t.currency\n         WHERE t.id = NEW.transaction_id\n         GROUP BY t.id;\n        IF found.id IS NULL OR found.entries < 2 OR found.known <> found.entries OR found.total <> 0 THEN\n            RAISE EXCEPTION 'transaction % does not balance: % entries, % on accounts of its currency, sum %',\n                NEW.transaction_id, found.entries, found.known, found.total USING ERRCODE = 'AE422';\n        END IF;\n        RETURN NULL;\n    ",
                    hash="84efab0a1fd2673f581bebd6c82c16f930e80b36",
                    operation="INSERT",
                    pgid="pgtrigger_balanced_ea973",
                    table="ledger_entry",
                    timing="DEFERRABLE INITIALLY DEFERRED",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="transaction",
            trigger=pgtrigger.compiler.Trigger(
                name="has_entries",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    constraint="CONSTRAINT",
                    func="\n        IF NOT EXISTS (SELECT 1 FROM ledger_entry WHERE transaction_id = NEW.id) THEN\n            RAISE EXCEPTION 'transaction % has no entries', NEW.id USING ERRCODE = 'AE422';\n        END IF;\n        RETURN NULL;\n    ",
                    hash="0a49de5943cde662bc9587d9667bd1d5e7a682b9",
                    operation="INSERT",
                    pgid="pgtrigger_has_entries_4f01a",
                    table="ledger_transaction",
                    timing="DEFERRABLE INITIALLY DEFERRED",
                    when="AFTER",
                ),
            ),
        ),
        migrations.AddConstraint(
            model_name="transaction",
            constraint=models.UniqueConstraint(fields=("idempotency_key",), name="transaction_once_per_key"),
        ),
    ]
