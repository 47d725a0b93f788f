"""The roll-up is handed the new entries instead of searching for them: as quick with ten million as with ten."""

from pathlib import Path

from django.db import migrations

SQL = Path(__file__).parent.parent / "sql"


class Migration(migrations.Migration):
    dependencies = [("ledger", "0003_roll_up")]

    operations = [
        migrations.RunSQL("DROP FUNCTION IF EXISTS ledger_roll_up(bigint[]);", migrations.RunSQL.noop),
        migrations.RunSQL((SQL / "0003_roll_up.sql").read_text(), migrations.RunSQL.noop),
        migrations.RunSQL((SQL / "0002_post.sql").read_text(), migrations.RunSQL.noop),
    ]
