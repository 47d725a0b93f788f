"""Django's `migrate`, polite to those who work on the database meanwhile."""

import gc
import time
from collections.abc import Sequence
from typing import Any

from django.core.management import CommandError
from django.core.management.commands.migrate import Command as MigrateCommand
from django.db import OperationalError, connections, transaction

from core import database_roles
from core.db import LOCK_NOT_AVAILABLE, sqlstate

LOCK_TIMEOUT_MS = 2_000
PAUSE_SECONDS = 1.0
ATTEMPTS = 200  # ten minutes against a table that is never free
GARBAGE_AFTER = (200_000, 20, 20)


class Command(MigrateCommand):
    """A change of a table waits two seconds for its lock: everybody who comes after it waits behind it, postings too.

    Then it lets them pass and tries again. Each migration is a transaction, so that one which did not get its lock has
    changed nothing, and those before it stay applied.

    It works as the owner of the tables (`DATABASE_OWNER_URL`) and at its end gives the role that serves its rights.
    """

    def execute(self, *args: Any, **options: Any) -> str | None:
        # Each change has Django make the models around it anew, tens of thousands in all. Looking for garbage as often as usual
        # takes a fifth of the time, and none is small enough to matter.
        gc.freeze()
        gc.set_threshold(*GARBAGE_AFTER)
        with database_roles.owner_at_work(connections[options["database"]]):  # its checks, too
            return super().execute(*args, **options)

    def check(self, *, databases: Sequence[str] | None = None, **options: Any) -> None:  # type: ignore[override]
        """Without the warning that the owner serves: `check --database` says it, and `make run` runs both."""
        with database_roles.without_warning(databases or ()):
            super().check(databases=databases, **options)

    def handle(self, *args: Any, **options: Any) -> None:
        self._migrate(*args, **options)
        connection = connections[options["database"]]
        if database_roles.is_owner_at_work(connection) and not (
            options["plan"] or options["check_unapplied"]
        ):
            try:
                with transaction.atomic(using=options["database"]):
                    database_roles.grant(connection)
            except database_roles.RoleRefused as error:
                raise CommandError(str(error)) from error

    def _migrate(self, *args: Any, **options: Any) -> None:
        connection = connections[options["database"]]
        for attempt in range(1, ATTEMPTS + 1):
            with connection.cursor() as cursor:
                cursor.execute("SELECT set_config('lock_timeout', %s, false)", [str(LOCK_TIMEOUT_MS)])
            try:
                super().handle(*args, **options)
                return
            except OperationalError as error:
                if sqlstate(error) != LOCK_NOT_AVAILABLE or attempt == ATTEMPTS:
                    raise
                self.stderr.write("A table is in use; trying again in a second.")
                time.sleep(PAUSE_SECONDS)
            finally:
                if connection.connection is not None and not connection.connection.closed:
                    with connection.cursor() as cursor:
                        cursor.execute("RESET lock_timeout")
