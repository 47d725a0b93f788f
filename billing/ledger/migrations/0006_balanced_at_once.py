"""What a transaction comes to is checked once, by the statement that writes its entries; plans by key from the first row on."""

import pgtrigger.compiler
import pgtrigger.migrations
from django.db import migrations

from core.sql_functions import InstallFunction


class Migration(migrations.Migration):
    dependencies = [
        ("ledger", "0005_leaner"),
    ]

    operations = [
        InstallFunction(
            "ledger_post",
            sha256="73bb2e004fe0a9a3ef4a02d4190a36f104a686c0bbe6d5b4dff1fffe99101e75",
            replaces="3877fb93c57a77d5f5cf6d59eafbd1c3b2b82f6280b642e89968fde8ff5accaa",
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name="entry",
            name="balanced",
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="entry",
            trigger=pgtrigger.compiler.Trigger(
                name="balanced",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    declare="DECLARE posted bigint; found record;",
                    func="\n        FOR posted IN SELECT DISTINCT transaction_id FROM written LOOP\n            SELECT t.id, count(e.id) AS entries, coalesce(sum(e.amount_minor), 0) AS total,\n                   count((SELECT a.id FROM ledger_account a WHERE a.id = e.account_id AND a.currency = t.currency))\n                       AS known\n              INTO found\n              FROM ledger_transaction t\n              LEFT JOIN ledger_entry e ON e.transaction_id = t.id\n             WHERE t.id = posted\n             GROUP BY t.id;\n            IF found.id IS NULL OR found.entries < 2 OR found.known <> found.entries OR found.total <> 0 THEN\n                RAISE EXCEPTION 'transaction % does not balance: % entries, % on accounts of its currency, sum %',\n                    posted, found.entries, found.known, found.total USING ERRCODE = 'AE422';\n            END IF;\n        END LOOP;\n        RETURN NULL;\n    ",
                    hash="b57c32a2cbfe1e0292f761df78e6fbe01207482b",
                    level="STATEMENT",
                    operation="INSERT",
                    pgid="pgtrigger_balanced_ea973",
                    referencing="REFERENCING NEW TABLE AS written ",
                    table="ledger_entry",
                    when="AFTER",
                ),
            ),
        ),
    ]
