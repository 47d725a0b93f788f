"""What a transaction is asked at commit, whether it has entries, is read by key however small the ledger was at first.

The check runs outside the functions that post, so their settings don't hold for it: a connection that planned it while the books
were nearly empty would read all entries at every commit, until the table is analyzed.
"""

from django.db import migrations

FUNCTION = "pgtrigger_has_entries_4f01a()"


class Migration(migrations.Migration):
    dependencies = [
        ("ledger", "0020_payouts"),
    ]

    operations = [
        migrations.RunSQL(
            [
                f"ALTER FUNCTION {FUNCTION} SET plan_cache_mode = force_generic_plan",
                f"ALTER FUNCTION {FUNCTION} SET enable_seqscan = off",
            ],
            [
                f"ALTER FUNCTION {FUNCTION} RESET plan_cache_mode",
                f"ALTER FUNCTION {FUNCTION} RESET enable_seqscan",
            ],
        ),
    ]
