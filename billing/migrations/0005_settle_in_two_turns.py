"""Settling reads without a lock; the function checks that what was read still holds."""

from pathlib import Path

from django.db import migrations

SQL = Path(__file__).parent.parent / "sql"


class Migration(migrations.Migration):
    dependencies = [("billing", "0004_leaner")]

    operations = [
        migrations.RunSQL(
            "DROP FUNCTION IF EXISTS billing_settle(bigint, jsonb, int[], jsonb);", migrations.RunSQL.noop
        ),
        migrations.RunSQL((SQL / "0002_settle.sql").read_text(), migrations.RunSQL.noop),
    ]
