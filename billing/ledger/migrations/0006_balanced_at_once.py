"""What a transaction comes to is checked once, by the statement that writes its entries; plans by key from the first row on."""

from pathlib import Path

import pgtrigger.compiler
import pgtrigger.migrations
from django.db import migrations

SQL = Path(__file__).parent.parent / "sql"


class Migration(migrations.Migration):
    dependencies = [
        ("ledger", "0005_leaner"),
    ]

    operations = [
        migrations.RunSQL((SQL / "0002_post.sql").read_text(), migrations.RunSQL.noop),
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
