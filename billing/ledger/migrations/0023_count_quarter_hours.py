"""What was posted before is counted, an account at a time, while the system runs. It may be broken off and run again."""

import time
from typing import Any

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models

_CHUNK = 1000
_WAIT_SECONDS = 600
# Everyone else's transactions of this database. That of a backup is one, too; there is no telling what it will do.
_RUNNING = """
SELECT l.virtualtransaction, a.pid FROM pg_locks l JOIN pg_stat_activity a ON a.pid = l.pid
 WHERE l.locktype = 'virtualxid' AND l.granted AND a.datname = current_database() AND a.usename IS NOT NULL
   AND a.pid <> pg_backend_pid()
"""


def count(apps: Any, schema_editor: Any) -> None:
    """A transaction that began before the last migration may still post without counting, so those are waited for."""
    connection = schema_editor.connection
    with connection.cursor() as cursor:
        _wait(cursor)
        last = 0
        while True:
            cursor.execute(
                "SELECT id FROM ledger_account WHERE kind IN ('wallet', 'payable') AND id > %s ORDER BY id LIMIT %s",
                [last, _CHUNK],
            )
            ids = [row[0] for row in cursor.fetchall()]
            for account_id in ids:  # each in a transaction of its own: postings wait for one account at most
                cursor.execute("SELECT ledger_recount_quarter_hours(%s)", [account_id])
            if not ids:
                break
            last = ids[-1]
        cursor.execute("ANALYZE ledger_accountquarterhour")


def _wait(cursor: Any) -> None:
    cursor.execute(_RUNNING)
    began = set(cursor.fetchall())
    until = time.monotonic() + _WAIT_SECONDS
    while began:
        time.sleep(0.1)
        cursor.execute(_RUNNING)
        began &= set(cursor.fetchall())
        if began and time.monotonic() > until:
            pids = sorted(pid for _, pid in began)
            raise RuntimeError(
                f"Transactions that began before this migration still run (processes {pids} of PostgreSQL): end them, or wait, "
                "and migrate again."
            )


class Migration(migrations.Migration):
    atomic = False

    dependencies = [
        ("ledger", "0022_quarter_hours"),
    ]

    operations = [
        AddIndexConcurrently(
            model_name="transaction",
            index=models.Index(
                condition=models.Q(("kind__in", ["refund", "adjustment"])),
                fields=["customer", "created_at"],
                name="transaction_given_back",
            ),
        ),
        AddIndexConcurrently(
            model_name="transaction",
            index=models.Index(
                condition=models.Q(
                    ("operator__isnull", False),
                    models.Q(("kind__in", ["call", "connect_fee", "message", "tip"]), _negated=True),
                    models.Q(("kind", "promo"), ("operator_minor__gte", 0), _negated=True),
                ),
                fields=["operator", "created_at"],
                name="transaction_not_earned",
            ),
        ),
        migrations.RunPython(count, migrations.RunPython.noop),
    ]
