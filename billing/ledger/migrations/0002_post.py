"""The posting function (its text lies beside the app, where it can be read as SQL)."""

from pathlib import Path

from django.db import migrations

SQL = Path(__file__).parent.parent / "sql" / "0002_post.sql"


class Migration(migrations.Migration):
    dependencies = [("ledger", "0001_initial")]

    operations = [
        migrations.RunSQL(
            SQL.read_text(),
            "DROP FUNCTION ledger_post(jsonb, bigint, bigint); DROP FUNCTION ledger_platform_account(text, text, text);",
        )
    ]
