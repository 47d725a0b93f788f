"""A posted transaction takes no further entries, balanced or not."""

import pgtrigger.compiler
import pgtrigger.migrations
from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [
        ("ledger", "0009_staff_permissions"),
    ]

    operations = [
        pgtrigger.migrations.RemoveTrigger(
            model_name="entry",
            name="balanced",
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="entry",
            trigger=pgtrigger.compiler.Trigger(
                name="balanced",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    declare="DECLARE posted bigint; added bigint; found record;",
                    func="\n        FOR posted, added IN SELECT transaction_id, count(*) FROM written GROUP BY transaction_id LOOP\n            SELECT t.id, count(e.id) AS entries, coalesce(sum(e.amount_minor), 0) AS total,\n                   count((SELECT a.id FROM ledger_account a WHERE a.id = e.account_id AND a.currency = t.currency))\n                       AS known\n              INTO found\n              FROM ledger_transaction t\n              LEFT JOIN ledger_entry e ON e.transaction_id = t.id\n             WHERE t.id = posted\n             GROUP BY t.id;\n            IF found.id IS NULL OR found.entries < 2 OR found.known <> found.entries OR found.total <> 0 THEN\n                RAISE EXCEPTION 'transaction % does not balance: % entries, % on accounts of its currency, sum %',\n                    posted, found.entries, found.known, found.total USING ERRCODE = 'AE422';\n            END IF;\n            IF found.entries <> added THEN\n                RAISE EXCEPTION 'transaction % is posted: it takes no further entries', posted USING ERRCODE = 'AE422';\n            END IF;\n        END LOOP;\n        RETURN NULL;\n    ",
                    hash="414c2775fa4fa4757cfdbc44bc1eef5143865536",
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
