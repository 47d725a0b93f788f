"""Postings come as arrays, and the JSON of before is taken apart once."""

from django.db import migrations

from core.sql_functions import InstallFunction


class Migration(migrations.Migration):
    dependencies = [("ledger", "0023_count_quarter_hours"), ("operators", "0032_count_activity")]

    operations = [
        InstallFunction(
            "ledger_post_rows",
            sha256="c2feb9ba346f008e3bda8efbf8a62047917c2512222b0f524c44b38520d12c1a",
            drop="DROP FUNCTION ledger_post_rows;",
        ),
        InstallFunction(
            "ledger_post",
            sha256="4d2c96f524f3b5d1b57ff5c17b2a4a58538d79de780a1076a6aa178703e3f94c",
            replaces="8b1097f296fa08c11f795139761043ff9e00c4730ff630a594011b7230202018",
        ),
        # An account's balance is written again with each posting: room for that keeps the row on its page, and out of the indexes.
        migrations.RunSQL(
            "ALTER TABLE ledger_account SET (fillfactor = 80)",
            "ALTER TABLE ledger_account RESET (fillfactor)",
        ),
    ]
