"""What everything stands on: settings, database, keys, clock, disk."""

import shutil
import time
from collections.abc import Iterator
from pathlib import Path

from django.conf import settings
from django.core.checks import Error, run_checks
from django.db import Error as DatabaseError
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from backoffice.doctor.findings import Finding, advice, ok, problem
from core.encryption import InvalidToken
from phones.models import PhoneNumber

CLOCKS_APART_SECONDS = 2.0
LEAST_FREE_BYTES = 1_000_000_000
LEAST_FREE_SHARE = 0.05
_CLOCK_CURE = "Sync both with NTP (timedatectl set-ntp true)."


def settings_are_safe() -> Iterator[Finding]:
    """Django's checks and ours of the environment."""
    if not settings.IS_PRODUCTION:
        yield advice(
            "Settings",
            "AEIMS_ENV is not production: cookies and error pages are for one machine alone.",
            "Set AEIMS_ENV=production before anyone else can reach it.",
        )
    errors = [message for message in run_checks() if isinstance(message, Error) and message.is_serious()]
    for message in errors:
        yield problem(
            "Settings", message.msg, message.hint or "Change it in .env; .env.example says what it is."
        )
    if not errors:
        yield ok("Settings", "No unsafe value.")


def database_is_up_to_date() -> Iterator[Finding]:
    """It answers, with every migration applied."""
    try:
        connection.ensure_connection()
        executor = MigrationExecutor(connection)
        missing = executor.migration_plan(executor.loader.graph.leaf_nodes())
    except DatabaseError as error:
        yield problem(
            "Database",
            f"It does not answer: {str(error).splitlines()[0]}",
            "Start PostgreSQL, or correct DATABASE_URL.",
        )
        return
    if missing:
        yield problem(
            "Database",
            f"{len(missing)} migrations are not applied, the first is {missing[0][0]}.",
            "Run manage.py migrate with DATABASE_OWNER_URL set.",
        )
        return
    yield ok("Database", f"PostgreSQL {connection.get_database_version()[0]}, all migrations applied.")


def clock_agrees_with_the_database() -> Iterator[Finding]:
    """Calls are charged by Asterisk's clock; dates on pages and in records are by this one."""
    before = time.time()
    with connection.cursor() as cursor:
        cursor.execute("SELECT extract(epoch FROM clock_timestamp())")
        theirs = float(cursor.fetchone()[0])
    ahead = (before + time.time()) / 2 - theirs
    if abs(ahead) > CLOCKS_APART_SECONDS:
        where = "ahead of" if ahead > 0 else "behind"
        yield problem("Clock", f"This server is {abs(ahead):.0f} s {where} the database.", _CLOCK_CURE)
    else:
        yield ok("Clock", "It agrees with the database.")


def keys_open_what_is_stored() -> Iterator[Finding]:
    """The keys are those under which the newest number was stored."""
    try:
        row = PhoneNumber.objects.exclude(last_two="").order_by("-pk").first()
    except InvalidToken:
        yield problem(
            "Keys",
            "AEIMS_DATA_KEYS cannot read the numbers that are stored.",
            "Put back the key that they were stored under (docs/encryption.md); without it nobody can be called.",
        )
        return
    if row is None:
        yield ok("Keys", "Nothing is stored under them yet.")
    elif not PhoneNumber.objects.of(row.e164).exists():
        yield problem(
            "Keys",
            "AEIMS_HASH_KEYS finds no number that is stored.",
            "Put back the key that they were hashed under (docs/encryption.md).",
        )
    else:
        yield ok("Keys", "They open what is stored.")


def disk_has_room() -> Iterator[Finding]:
    """The disk of this process; the adapter reports its own."""
    folder = Path(settings.DATA_DIR)
    usage = shutil.disk_usage(folder if folder.exists() else settings.BASE_DIR)
    words = f"{usage.free / 1e9:.1f} GB of {usage.total / 1e9:.0f} GB are free."
    if usage.free < LEAST_FREE_BYTES or usage.free < LEAST_FREE_SHARE * usage.total:
        yield problem(
            "Disk", words, "Make room: a full disk stops the database and loses nothing else first."
        )
    else:
        yield ok("Disk", words)
