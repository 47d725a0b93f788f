"""Postings keep the operators' daily earnings (the texts of both functions lie beside the app)."""

from pathlib import Path

from django.db import migrations

SQL = Path(__file__).parent.parent / "sql"


class Migration(migrations.Migration):
    dependencies = [("ledger", "0002_post"), ("operators", "0002_at_work")]

    operations = [
        migrations.RunSQL(
            (SQL / "0003_roll_up.sql").read_text(),
            "DROP FUNCTION ledger_roll_up(bigint[], bigint[], bigint[]);",
        ),
        migrations.RunSQL((SQL / "0002_post.sql").read_text(), migrations.RunSQL.noop),
    ]
