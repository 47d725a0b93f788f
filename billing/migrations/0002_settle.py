"""The settling function (its text lies beside the app, where it can be read as SQL)."""

from pathlib import Path

from django.db import migrations

SQL = Path(__file__).parent.parent / "sql" / "0002_settle.sql"


class Migration(migrations.Migration):
    dependencies = [("billing", "0001_initial"), ("ledger", "0002_post")]

    operations = [
        migrations.RunSQL(SQL.read_text(), "DROP FUNCTION billing_settle(bigint, int, jsonb, int[], jsonb);"),
    ]
