"""Settling reads by key from the first row on, whatever the planner thought of small books."""

from pathlib import Path

from django.db import migrations

SQL = Path(__file__).parent.parent / "sql"


class Migration(migrations.Migration):
    dependencies = [("billing", "0005_settle_in_two_turns"), ("ledger", "0006_balanced_at_once")]

    operations = [migrations.RunSQL((SQL / "0002_settle.sql").read_text(), migrations.RunSQL.noop)]
